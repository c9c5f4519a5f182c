// Bytes that grow at their end, without clearing memory that is written to next.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

namespace fastpoly::capture {

// Numbers are written as MCAP wants them, the least byte first; so is the order of every processor
// that this is built for.
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

class ByteBuffer {
 public:
  ByteBuffer() = default;
  ByteBuffer(ByteBuffer&& other) noexcept { swap(other); }
  ByteBuffer& operator=(ByteBuffer&& other) noexcept {
    swap(other);
    return *this;
  }
  ByteBuffer(const ByteBuffer&) = delete;
  ByteBuffer& operator=(const ByteBuffer&) = delete;
  ~ByteBuffer() { std::free(data_); }

  char* data() { return data_; }
  const char* data() const { return data_; }
  size_t size() const { return size_; }
  size_t capacity() const { return capacity_; }
  void clear() { size_ = 0; }
  void shorten(size_t size) { size_ = size; }

  void reserve(size_t wanted) {
    if (wanted > capacity_) grow(wanted);
  }

  // Room for `size` more bytes, which count from now on.
  char* extend(size_t size) {
    if (size > capacity_ - size_) grow(size_ + size);
    char* const at = data_ + size_;
    size_ += size;
    return at;
  }

  void append(const void* bytes, size_t size) {
    if (size != 0) std::memcpy(extend(size), bytes, size);
  }

  template <class Number>
  void number(Number value) {
    std::memcpy(extend(sizeof value), &value, sizeof value);
  }

  // As MCAP writes text: its length in four bytes, and itself.
  void text(std::string_view text) {
    number(static_cast<uint32_t>(text.size()));
    append(text.data(), text.size());
  }

  template <class Number>
  void set(size_t at, Number value) {
    std::memcpy(data_ + at, &value, sizeof value);
  }

 private:
  void swap(ByteBuffer& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

  void grow(size_t wanted) {
    const size_t capacity = std::max(wanted, capacity_ + capacity_ / 2);
    void* const data = std::realloc(data_, capacity);
    if (data == nullptr) throw std::bad_alloc();
    data_ = static_cast<char*>(data);
    capacity_ = capacity;
  }

  char* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace fastpoly::capture
