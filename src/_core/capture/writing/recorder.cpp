#include "capture/writing/recorder.hpp"

#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <utility>

namespace fastpoly::capture {

namespace {

using std::chrono::steady_clock;

constexpr size_t kMessageBytes = kRecordHead + kMessageHead + sizeof(IndexEntry);
// How long to wait before the system is asked once more.
constexpr auto kRetry = std::chrono::milliseconds(250);
constexpr size_t kSpareBlocks = 4;

int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

Recorder::Recorder(RecorderSettings settings)
    : settings_(std::move(settings)),
      current_(std::make_unique<Block>()),
      sequences_(settings_.file.channels.size() + 1),
      file_(settings_.file),
      packer_(settings_.compression, settings_.level),
      label_(settings_.label),
      process_(::getpid()) {
  current_->records.reserve(settings_.chunk_bytes);
  open_next();
  // Signals are for the threads that the program knows of.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    thread_ = std::thread(&Recorder::run, this);
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Recorder::~Recorder() { close(); }

void Recorder::add_frames(uint16_t channel, uint64_t stamp, const FrameText* frames, size_t count) {
  FrameCounts all;
  for (size_t i = 0; i < count; ++i) all.add({1, frames[i].events, frames[i].size});
  if (all.frames == 0) return;
  Lock lock(mutex_);
  state_.received.add(all);
  if (!make_room(lock, all.bytes + count * kMessageBytes)) {
    sequences_[channel] += static_cast<uint32_t>(count);
    drop(stamp, all);
    return;
  }
  announce_hole();
  for (size_t i = 0; i < count; ++i) {
    put(channel, stamp, frames[i].data, frames[i].size);
    current_->held_frames.add({1, frames[i].events, frames[i].size});
  }
  state_.peak_buffered = std::max<uint64_t>(state_.peak_buffered, buffered());
}

void Recorder::add_mark(uint64_t stamp, std::string_view json) {
  const Lock lock(mutex_);
  if (closing_) return;
  announce_hole();
  put(kSessionChannel, stamp, json.data(), json.size());
}

void Recorder::begin_period(std::string label) {
  const Lock lock(mutex_);
  hand_over();
  next_label_ = std::move(label);
  period_begins_ = true;
}

// Losses come in runs: once full, the buffer takes nothing until half of it is free.
bool Recorder::make_room(Lock& lock, size_t wanted) {
  const auto fits = [&] {
    return buffered() == 0 || buffered() + wanted <= settings_.buffer_bytes;
  };
  if (settings_.wait) {
    if (!fits()) hand_over();
    room_.wait(lock, [&] { return closing_ || state_.failure.has_value() || fits(); });
  }
  if (closing_) return false;
  if (dropping_ && buffered() > settings_.buffer_bytes / 2) return false;
  dropping_ = !fits();
  return !dropping_;
}

void Recorder::drop(uint64_t stamp, const FrameCounts& lost) {
  if (lost.frames == 0) return;
  state_.dropped.add(lost);
  if (hole_.lost.frames == 0) {
    ++state_.gaps;
    hole_.since_ns = stamp;
    hole_.refused = state_.failure.has_value();
  }
  hole_.until_ns = stamp;
  hole_.lost.add(lost);
}

// A block that will never be written: with it goes what it says of earlier losses.
void Recorder::lose(const Block& block) {
  drop(block.last_ns, block.held_frames);
  // One that says nothing else is not written a second time.
  if (block.lost.frames == 0 || block.held_frames.frames == 0) return;
  if (hole_.lost.frames == 0) hole_.until_ns = block.last_ns;
  hole_.lost.add(block.lost);
  hole_.since_ns = block.lost_since_ns;
  hole_.refused = true;
}

void Recorder::announce_hole() {
  if (hole_.lost.frames == 0) return;
  char json[320];
  const int size = std::snprintf(
      json, sizeof json,
      "{\"mark\":\"gap\",\"cause\":\"%s\",\"frames\":%llu,\"events\":%llu,\"bytes\":%llu,"
      "\"since_ns\":%llu,\"until_ns\":%llu}",
      hole_.refused ? "write_failed" : "buffer_full",
      static_cast<unsigned long long>(hole_.lost.frames),
      static_cast<unsigned long long>(hole_.lost.events),
      static_cast<unsigned long long>(hole_.lost.bytes),
      static_cast<unsigned long long>(hole_.since_ns),
      static_cast<unsigned long long>(hole_.until_ns));
  const Hole announced = std::exchange(hole_, Hole{});
  put(kSessionChannel, announced.until_ns, json, static_cast<size_t>(size));
  if (current_->lost.frames == 0) current_->lost_since_ns = announced.since_ns;
  current_->lost.add(announced.lost);
}

void Recorder::put(uint16_t channel, uint64_t stamp, const char* data, size_t size) {
  const size_t record = kRecordHead + kMessageHead + size;
  if (!current_->empty() && current_->records.size() + record > settings_.chunk_bytes) hand_over();
  Block& block = *current_;
  if (block.empty()) {
    block.begun_ns = now_ns();
    block.first_ns = stamp;
    if (period_begins_) {
      block.label = std::move(next_label_);
      block.new_file = true;
      period_begins_ = false;
    }
    work_.notify_one();  // it has to see to this block's age
  }
  if (block.index.size() <= channel) block.index.resize(channel + 1u);
  auto& index = block.index[channel];
  // Each chunk can be understood without the rest of its file.
  if (index.empty()) introduce_channel(block.records, settings_.file, channel);
  index.push_back({stamp, block.records.size()});
  char* const out = block.records.extend(record);
  const auto content = static_cast<uint64_t>(kMessageHead + size);
  const uint32_t sequence = sequences_[channel]++;
  out[0] = static_cast<char>(kMessage);
  std::memcpy(out + 1, &content, 8);
  std::memcpy(out + 9, &channel, 2);
  std::memcpy(out + 11, &sequence, 4);
  std::memcpy(out + 15, &stamp, 8);
  std::memcpy(out + 23, &stamp, 8);
  if (size != 0) std::memcpy(out + 31, data, size);
  block.first_ns = std::min(block.first_ns, stamp);
  block.last_ns = std::max(block.last_ns, stamp);
  ++block.messages;
}

// The current block goes to the writing thread, and another takes its place.
void Recorder::hand_over() {
  if (current_->empty()) return;
  std::unique_ptr<Block> next;
  if (spare_.empty()) {
    next = std::make_unique<Block>();
    next->records.reserve(settings_.chunk_bytes);
  } else {
    next = std::move(spare_.back());
    spare_.pop_back();
  }
  queued_bytes_ += current_->held();
  current_->number = ++handed_over_;
  queue_.push_back(std::move(current_));
  current_ = std::move(next);
  work_.notify_one();
}

void Recorder::run() {
  Lock lock(mutex_);
  for (;;) {
    while (queue_.empty() && !closing_) {
      if (current_->empty()) {
        work_.wait(lock);
        continue;
      }
      const int64_t age = now_ns() - current_->begun_ns;
      if (age >= settings_.chunk_ns) break;
      work_.wait_for(lock, std::chrono::nanoseconds(settings_.chunk_ns - age));
    }
    if (queue_.empty()) {
      // The block is old enough, or it is the end, which says last what is missing.
      if (current_->empty()) announce_hole();
      hand_over();
    }
    if (queue_.empty()) break;
    std::unique_ptr<Block> block = std::move(queue_.front());
    queue_.pop_front();
    const size_t held = block->held();
    write(lock, *block);
    progress_.settle(*block);
    queued_bytes_ -= held;
    room_.notify_all();
    if (spare_.size() < kSpareBlocks) {
      block->clear();
      spare_.push_back(std::move(block));
    }
  }
  end_file(lock);
}

void Recorder::write(Lock& lock, Block& block) {
  for (bool last_try = false;;) {
    last_try = closing_;
    std::optional<FileFailure> failure;
    lock.unlock();
    try {
      write_once(block);
    } catch (FileFailure& caught) {
      failure = std::move(caught);
    } catch (const std::bad_alloc&) {
      failure = FileFailure{ENOMEM, "write", {}};
    }
    std::optional<FileFailure> unsynced;
    if (!failure) {
      try {
        file_.sync();
      } catch (FileFailure& caught) {
        unsynced = std::move(caught);
      }
    }
    lock.lock();
    state_.failure = failure ? failure : unsynced;
    failing_ = state_.failure.has_value();
    if (!failure) {
      state_.written.add(block.held_frames);
      ++state_.chunks;
      return;
    }
    room_.notify_all();  // nobody shall wait for a disk that refuses
    if (last_try) {
      final_failure_ = std::move(failure);
      lose(block);
      return;
    }
    work_.wait_for(lock, kRetry, [this] { return closing_; });
  }
}

void Recorder::write_once(Block& block) {
  const bool full = settings_.max_file_bytes != 0 && file_.size() >= settings_.max_file_bytes;
  if (file_.is_open() && file_.chunks() != 0 && (block.new_file || full)) {
    const uint64_t before = file_.size();
    file_.finish();
    const Lock lock(mutex_);
    state_.file_bytes += file_.size() - before;
  } else if (file_.is_open() && block.new_file) {
    // Nothing was written in that period; its file stays, empty, and says so.
    file_.finish();
  }
  if (block.new_file) {
    label_ = block.label;
    number_ = 0;
    block.new_file = false;
  }
  if (!file_.is_open()) open_next();
  const uint64_t before = file_.size();
  try {
    file_.write_chunk(block, packer_);
  } catch (const FileFailure& failure) {
    // The next try is a new file, as soon as there is a folder for it again.
    if (failure.code == ENOENT) file_.abandon();
    throw;
  }
  const Lock lock(mutex_);
  state_.file_bytes += file_.size() - before;
  progress_.add_chunk(block, before, file_.size());
}

void Recorder::open_next() {
  const bool one_name = settings_.label.empty() && number_ == 0 && label_.empty();
  for (;;) {
    const uint32_t number = number_ + 1;
    std::string path = settings_.prefix + label_;
    if (number > 1) path += "-" + std::to_string(number);
    path += settings_.suffix;
    try {
      file_.open(path, settings_.overwrite);
    } catch (const FileFailure& failure) {
      if (failure.code != EEXIST || one_name) throw;
      number_ = number;
      continue;
    }
    number_ = number;
    const Lock lock(mutex_);
    progress_.begin_file(path, file_.size());
    state_.path = std::move(path);
    state_.file_bytes += file_.size();
    ++state_.files;
    return;
  }
}

void Recorder::end_file(Lock& lock) {
  lock.unlock();
  std::optional<FileFailure> failure;
  const uint64_t before = file_.size();
  try {
    file_.finish();
  } catch (FileFailure& caught) {
    failure = std::move(caught);
    file_.abandon();
  }
  lock.lock();
  state_.file_bytes += file_.size() - before;
  if (!failure) failure = std::move(final_failure_);
  if (failure) state_.failure = std::move(failure);
}

bool Recorder::forked() const { return ::getpid() != process_; }

void Recorder::close() {
  {
    const Lock lock(mutex_);
    closing_ = true;
    work_.notify_all();
    room_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

std::shared_ptr<Cut> Recorder::cut() {
  const Lock lock(mutex_);
  // What is missing so far is said before it, too.
  if (!closing_) announce_hole();
  hand_over();
  return progress_.cut(handed_over_);
}

std::optional<FilePlace> Recorder::place_of(const Cut& cut) const {
  const Lock lock(mutex_);
  return cut.place;
}

FilePlace Recorder::find(uint64_t from_ns) const {
  const Lock lock(mutex_);
  return progress_.find(from_ns);
}

std::string Recorder::path(uint32_t file) const {
  const Lock lock(mutex_);
  return progress_.path(file);
}

RecorderState Recorder::state() const {
  const Lock lock(mutex_);
  RecorderState state = state_;
  state.buffered = buffered();
  return state;
}

}  // namespace fastpoly::capture
