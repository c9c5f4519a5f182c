// Takes frames from the thread that reads, and has another compress and write them.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "capture/format/compression.hpp"
#include "capture/writing/block.hpp"
#include "capture/writing/file_writer.hpp"
#include "capture/writing/progress.hpp"

namespace fastpoly::capture {

struct RecorderSettings {
  FileSettings file;
  Compression compression = Compression::kZstd;
  int level = 1;
  size_t chunk_bytes = 1 << 20;
  int64_t chunk_ns = 1'000'000'000;
  size_t buffer_bytes = 128 << 20;
  uint64_t max_file_bytes = 0;  // 0 for any size
  bool overwrite = false;
  bool wait = false;  // for room in the buffer, rather than to drop
  // A file's name: prefix, the period's label, "-2" and so on for further ones, suffix.
  std::string prefix, label, suffix;
};

struct RecorderState {
  FrameCounts received, written, dropped;
  uint64_t gaps = 0;      // runs of dropped frames
  uint64_t buffered = 0;  // bytes that wait
  uint64_t peak_buffered = 0;
  uint64_t chunks = 0, files = 0;
  uint64_t file_bytes = 0;             // of all files
  std::string path;                    // of the file that is being written
  std::optional<FileFailure> failure;  // while nothing can be written
};

struct FrameText {
  const char* data;
  size_t size;
  uint32_t events;
};

// All of it may be called from any thread; `close` once.
class Recorder {
 public:
  // Makes the first file; throws FileFailure.
  explicit Recorder(RecorderSettings settings);
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // Copies frames that were received together. Never waits, unless that is what the settings say.
  void add_frames(uint16_t channel, uint64_t stamp, const FrameText* frames, size_t count);
  // Copies a mark, JSON; there is always room for these.
  void add_mark(uint64_t stamp, std::string_view json);
  // What comes next belongs into a new file.
  void begin_period(std::string label);
  // Writes what waits and ends the file. What cannot be written counts as dropped.
  void close();

  // Ends the current block, so that what was added so far can soon be read from the files.
  std::shared_ptr<Cut> cut();
  // Where that lies; nothing while it is not written yet.
  std::optional<FilePlace> place_of(const Cut& cut) const;
  // See Progress.
  FilePlace find(uint64_t from_ns) const;
  std::string path(uint32_t file) const;

  RecorderState state() const;
  // Whether this is a copy of it in a process that was forked, which has no thread of it. Nothing
  // may be done with one, not even its end.
  bool forked() const;
  // Whether nothing can be written at present.
  bool failing() const { return failing_.load(std::memory_order_relaxed); }

 private:
  using Lock = std::unique_lock<std::mutex>;

  struct Hole {
    FrameCounts lost;
    uint64_t since_ns = 0, until_ns = 0;
    bool refused = false;  // whether the system was at fault, and not the pace
  };

  bool make_room(Lock& lock, size_t wanted);
  void drop(uint64_t stamp, const FrameCounts& lost);
  void lose(const Block& block);
  void announce_hole();
  void put(uint16_t channel, uint64_t stamp, const char* data, size_t size);
  void hand_over();
  size_t buffered() const { return queued_bytes_ + current_->held(); }

  void run();
  void write(Lock& lock, Block& block);
  void write_once(Block& block);
  void open_next();
  void end_file(Lock& lock);

  const RecorderSettings settings_;
  mutable std::mutex mutex_;
  std::condition_variable work_, room_;
  std::unique_ptr<Block> current_;
  std::deque<std::unique_ptr<Block>> queue_;
  std::vector<std::unique_ptr<Block>> spare_;
  size_t queued_bytes_ = 0;  // also of the block that is being written
  uint64_t handed_over_ = 0;
  Progress progress_;
  std::vector<uint32_t> sequences_;
  std::string next_label_;
  bool period_begins_ = false;
  bool dropping_ = false;
  bool closing_ = false;
  std::atomic<bool> failing_{false};
  Hole hole_;
  RecorderState state_;
  std::optional<FileFailure> final_failure_;  // that cost frames when it was closed

  // Only the writing thread's, once it runs.
  FileWriter file_;
  Packer packer_;
  std::string label_;
  uint32_t number_ = 0;
  const int process_;
  std::thread thread_;
};

}  // namespace fastpoly::capture
