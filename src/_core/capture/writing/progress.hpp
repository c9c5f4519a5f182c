// Where in a recording's files what was added has got to, for whoever reads them meanwhile.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "capture/writing/block.hpp"

namespace fastpoly::capture {

// The end of a chunk, or of a file's head.
struct FilePlace {
  uint32_t file = 0;  // which of the recording's files, in the order in which they were begun
  uint64_t offset = 0;
};

// A moment: what was added before it lies before a place in the files, and everything else behind.
struct Cut {
  uint64_t block;                  // the last before it
  std::optional<FilePlace> place;  // once that block was written, or was given up
};

// Not to be used by two threads at once.
class Progress {
 public:
  void begin_file(std::string path, uint64_t head_bytes) {
    files_.push_back({std::move(path), 0});
    chunks_.clear();
    end_ = {static_cast<uint32_t>(files_.size() - 1), head_bytes};
  }

  // A block is in the current file now, as what lies there between two offsets.
  void add_chunk(const Block& block, uint64_t begin, uint64_t end) {
    File& file = files_.back();
    file.last_ns = std::max(file.last_ns, block.last_ns);
    chunks_.push_back({file.last_ns, begin});
    end_.offset = end;
  }

  // A block, and so all before it, is in the files or was given up.
  void settle(const Block& block) {
    settled_ = block.number;
    const auto waits = [&](const std::shared_ptr<Cut>& cut) {
      if (cut->block > settled_) return true;
      cut->place = end_;
      return false;
    };
    cuts_.erase(std::stable_partition(cuts_.begin(), cuts_.end(), waits), cuts_.end());
  }

  std::shared_ptr<Cut> cut(uint64_t last_block) {
    auto cut = std::make_shared<Cut>(Cut{last_block, std::nullopt});
    if (last_block <= settled_)
      cut->place = end_;
    else
      cuts_.push_back(cut);
    return cut;
  }

  // Where the first chunk begins that has a stamp from then on; the end where none has. Of a file
  // that is whole, its beginning: it has an index of its own.
  FilePlace find(uint64_t from_ns) const {
    for (uint32_t i = 0; i < files_.size(); ++i) {
      if (files_[i].last_ns < from_ns) continue;
      if (i + 1 < files_.size()) return {i, 0};
      const auto found =
          std::lower_bound(chunks_.begin(), chunks_.end(), from_ns,
                           [](const Chunk& chunk, uint64_t ns) { return chunk.last_ns < ns; });
      if (found != chunks_.end()) return {i, found->begin};
    }
    return end_;
  }

  std::string path(uint32_t file) const { return files_.at(file).path; }

 private:
  struct File {
    std::string path;
    uint64_t last_ns;  // the greatest stamp
  };
  struct Chunk {
    uint64_t last_ns;  // the greatest stamp up to its end
    uint64_t begin;
  };

  std::vector<File> files_;
  std::vector<Chunk> chunks_;  // of the current file
  std::vector<std::shared_ptr<Cut>> cuts_;
  FilePlace end_;
  uint64_t settled_ = 0;
};

}  // namespace fastpoly::capture
