// Events' own bytes, joined to WebSocket messages that are ready for any number of sockets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace fastpoly {

class MessageWriter {
 public:
  // The most bytes of a message, unless a single event is larger.
  static constexpr size_t kMessageBytes = 32 << 10;

  // Appends an event to the message that is being written.
  void add(std::string_view event) {
    if (message_.size() + event.size() > kMessageBytes && !message_.empty()) seal();
    if (message_.empty()) message_.push_back('[');
    message_.insert(message_.end(), event.begin(), event.end());
    message_.push_back(',');
  }

  // Bytes that wait.
  size_t size() const { return framed_.size() + message_.size(); }

  // All that waits, as frames; valid until the next call.
  std::string_view finish();
  void clear();

 private:
  void seal();

  std::vector<char> message_;  // an opening bracket, and events with a comma after each
  std::vector<char> framed_;   // whole frames
};

}  // namespace fastpoly
