// What one connection gets of a market's tape, as WebSocket frames ready for the socket.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "sim/market.hpp"

namespace fastpoly::sim {

// A subscriber's channels and symbols, and the count of what it was given.
class Subscription {
 public:
  // `duplicates`: whether a symbol that is held by name and by wildcard comes twice.
  Subscription(Market& market, bool duplicates);
  ~Subscription();
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  // Each returns whether anything changed.
  bool add_wildcard(uint8_t channel);
  bool add(uint8_t channel, uint32_t symbol);
  bool remove_wildcard(uint8_t channel);
  bool remove(uint8_t channel, uint32_t symbol);

  // Chooses this subscriber's events from the tape and groups them into messages: at most
  // `events_per_message` of them and `max_bytes` of text in each. `prefix` (JSON objects joined by
  // commas, or nothing) goes to the front of the first, if there is one.
  // Returns how many messages there are.
  size_t collect(size_t events_per_message, size_t max_bytes, std::string_view prefix);

  // After `collect`: the bytes that `write` will produce, the messages' headers included.
  size_t framed_size() const { return framed_size_; }
  // Writes all messages as unmasked text frames.
  void write(char* out) const;
  size_t message_size(size_t message) const { return messages_[message].size; }
  void write_message(char* out, size_t index) const;
  // How many events of the tape one message holds, the prefix not counted.
  size_t message_events(size_t message) const { return messages_[message].events; }

  // Adds what was collected to the counts; separate, because a fault may eat it first.
  void count_sent();

  const std::array<uint64_t, kMaxChannels>& sent() const { return sent_; }
  uint64_t messages_sent() const { return messages_sent_; }
  uint64_t bytes_sent() const { return bytes_sent_; }

 private:
  struct Run {
    uint32_t start, size;  // in the tape's text, with the last comma
  };
  struct Message {
    size_t first_run, last_run;
    size_t size;
    uint32_t events;
    bool prefixed;
  };

  // How many times an event is sent.
  uint32_t copies(const Tape::Entry& entry) const {
    const uint32_t wild = wild_ >> entry.channel & 1;
    const uint32_t held = held_[entry.symbol] >> entry.channel & 1;
    return duplicates_ ? wild + held : wild | held;
  }
  void end_message(size_t first_run, size_t size, uint32_t events, bool prefixed);

  Market& market_;
  bool duplicates_;
  uint32_t wild_ = 0;
  std::vector<uint32_t> held_;
  std::vector<Run> runs_;
  std::vector<Message> messages_;
  std::string_view prefix_;
  size_t framed_size_ = 0;
  std::array<uint64_t, kMaxChannels> sent_{}, collected_{};
  uint64_t messages_sent_ = 0, bytes_sent_ = 0;
};

}  // namespace fastpoly::sim
