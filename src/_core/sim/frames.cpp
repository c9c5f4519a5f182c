#include "sim/frames.hpp"

#include <cstring>

namespace fastpoly::sim {

namespace {

size_t header_size(size_t payload) { return payload < 126 ? 2 : payload < 65536 ? 4 : 10; }

char* put_header(char* out, size_t payload) {
  *out++ = static_cast<char>(0x81);  // final, text
  int bytes = 0;
  if (payload < 126) {
    *out++ = static_cast<char>(payload);
  } else if (payload < 65536) {
    *out++ = 126;
    bytes = 2;
  } else {
    *out++ = 127;
    bytes = 8;
  }
  while (bytes-- > 0) *out++ = static_cast<char>(payload >> (8 * bytes));
  return out;
}

}  // namespace

Subscription::Subscription(Market& market, bool duplicates)
    : market_(market), duplicates_(duplicates), held_(market.symbol_count()) {}

Subscription::~Subscription() {
  const auto channels = static_cast<uint8_t>(market_.channel_count());
  for (uint8_t channel = 0; channel < channels; ++channel) {
    remove_wildcard(channel);
    for (uint32_t symbol = 0; symbol < held_.size(); ++symbol) remove(channel, symbol);
  }
}

bool Subscription::add_wildcard(uint8_t channel) {
  if (wild_ >> channel & 1) return false;
  wild_ |= 1u << channel;
  market_.interest().change_wildcard(channel, 1);
  return true;
}

bool Subscription::add(uint8_t channel, uint32_t symbol) {
  if (held_[symbol] >> channel & 1) return false;
  held_[symbol] |= 1u << channel;
  market_.interest().change(channel, symbol, 1);
  return true;
}

bool Subscription::remove_wildcard(uint8_t channel) {
  if (!(wild_ >> channel & 1)) return false;
  wild_ &= ~(1u << channel);
  market_.interest().change_wildcard(channel, -1);
  return true;
}

bool Subscription::remove(uint8_t channel, uint32_t symbol) {
  if (!(held_[symbol] >> channel & 1)) return false;
  held_[symbol] &= ~(1u << channel);
  market_.interest().change(channel, symbol, -1);
  return true;
}

void Subscription::end_message(size_t first_run, size_t size, uint32_t events, bool prefixed) {
  messages_.push_back({first_run, runs_.size(), size, events, prefixed});
  framed_size_ += header_size(size) + size;
}

size_t Subscription::collect(size_t events_per_message, size_t max_bytes, std::string_view prefix) {
  const Tape& tape = market_.tape();
  const std::vector<Tape::Entry>& entries = tape.entries();
  runs_.clear();
  messages_.clear();
  collected_.fill(0);
  prefix_ = prefix;
  framed_size_ = 0;
  bool prefixed = !prefix.empty();
  // A message is `[`, its parts and a comma after each, of which the last becomes `]`.
  size_t size = 1 + (prefixed ? prefix.size() + 1 : 0);
  size_t first_run = 0;
  uint32_t events = 0;
  for (size_t i = 0; i < entries.size(); ++i) {
    const Tape::Entry& entry = entries[i];
    const uint32_t times = copies(entry);
    if (times == 0) continue;
    const auto length = static_cast<uint32_t>(tape.end(i) - entry.start);
    if (events != 0 && (events >= events_per_message || size + length > max_bytes)) {
      end_message(first_run, size, events, prefixed);
      prefixed = false;
      size = 1;
      first_run = runs_.size();
      events = 0;
    }
    if (runs_.size() > first_run && runs_.back().start + runs_.back().size == entry.start) {
      runs_.back().size += length;
    } else {
      runs_.push_back({entry.start, length});
    }
    if (times == 2) runs_.push_back({entry.start, length});
    size += times * length;
    events += times;
    collected_[entry.channel] += times;
  }
  if (events != 0) end_message(first_run, size, events, prefixed);
  return messages_.size();
}

void Subscription::write_message(char* out, size_t index) const {
  const Message& message = messages_[index];
  const char* text = market_.tape().text();
  *out++ = '[';
  if (message.prefixed) {
    std::memcpy(out, prefix_.data(), prefix_.size());
    out += prefix_.size();
    *out++ = ',';
  }
  for (size_t run = message.first_run; run < message.last_run; ++run) {
    std::memcpy(out, text + runs_[run].start, runs_[run].size);
    out += runs_[run].size;
  }
  out[-1] = ']';
}

void Subscription::write(char* out) const {
  for (size_t index = 0; index < messages_.size(); ++index) {
    out = put_header(out, messages_[index].size);
    write_message(out, index);
    out += messages_[index].size;
  }
}

void Subscription::count_sent() {
  for (size_t channel = 0; channel < kMaxChannels; ++channel) sent_[channel] += collected_[channel];
  messages_sent_ += messages_.size();
  bytes_sent_ += framed_size_;
}

}  // namespace fastpoly::sim
