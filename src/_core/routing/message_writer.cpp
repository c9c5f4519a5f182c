// A server's frames: text, final, not masked.
#include "routing/message_writer.hpp"

namespace fastpoly {

namespace {

// Memory of a quiet moment after a busy one is given back beyond this.
constexpr size_t kKept = 1 << 20;

void put_header(std::vector<char>& out, size_t payload) {
  out.push_back(static_cast<char>(0x81));
  int bytes = 0;
  if (payload < 126) {
    out.push_back(static_cast<char>(payload));
  } else if (payload < 65536) {
    out.push_back(126);
    bytes = 2;
  } else {
    out.push_back(127);
    bytes = 8;
  }
  while (bytes-- > 0) out.push_back(static_cast<char>(payload >> (8 * bytes)));
}

}  // namespace

void MessageWriter::seal() {
  message_.back() = ']';
  put_header(framed_, message_.size());
  framed_.insert(framed_.end(), message_.begin(), message_.end());
  message_.clear();
}

std::string_view MessageWriter::finish() {
  if (!message_.empty()) seal();
  return {framed_.data(), framed_.size()};
}

void MessageWriter::clear() {
  message_.clear();
  framed_.clear();
  if (framed_.capacity() > kKept) std::vector<char>().swap(framed_);
}

}  // namespace fastpoly
