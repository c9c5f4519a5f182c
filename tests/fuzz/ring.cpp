// The ring of shared memory between threads: one writes numbered frames, others check all they get.
// Built with a checker of threads it also shows that nothing but what the ring throws away races.
// Arguments: bytes of the ring, frames, readers.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <thread>
#include <vector>

#include "shared/ring.hpp"

using namespace fastpoly::shared;

namespace {

std::atomic<bool> g_written{false};
std::atomic<int> g_ready{0}, g_wrong{0};

size_t size_of(uint64_t number) { return number * 7 % 900; }
char byte_of(uint64_t number, size_t i) { return static_cast<char>(number * 31 + i); }

void complain(const char* what, uint64_t number) {
  std::printf("%s at frame %llu\n", what, static_cast<unsigned long long>(number));
  ++g_wrong;
}

void read(const char* memory, uint64_t frames) {
  RingReader reader(memory, 16, 64);
  ++g_ready;
  uint64_t next = 0;
  while (g_wrong == 0) {
    const bool written = g_written;
    switch (reader.next()) {
      case Found::kNothing:
        if (!written) continue;
        if (next != frames) complain("the end", next);
        return;
      case Found::kOverrun:
        next += reader.lost().frames;
        continue;
      case Found::kFrame:
        break;
      default:
        complain("damage", next);
        return;
    }
    if (reader.stamp() != next || reader.size() != size_of(next)) complain("another frame", next);
    for (size_t i = 0; i < reader.size(); ++i)
      if (reader.text()[i] != byte_of(next, i)) return complain("a torn frame", next);
    ++next;
  }
}

}  // namespace

int main(int count, char** arguments) {
  const uint64_t capacity = count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 1 << 14;
  const uint64_t frames = count > 2 ? std::strtoull(arguments[2], nullptr, 10) : 20'000;
  const int readers = count > 3 ? std::atoi(arguments[3]) : 3;
  // Words, for their alignment.
  std::vector<uint64_t> memory((kRingHeadBytes + capacity) / sizeof(uint64_t) + 8);
  char* const ring =
      reinterpret_cast<char*>((reinterpret_cast<uintptr_t>(memory.data()) + 63) & ~uintptr_t{63});
  RingWriter writer(ring, capacity, "stocks");
  std::vector<std::thread> threads;
  for (int i = 0; i < readers; ++i) threads.emplace_back(read, ring, frames);
  while (g_ready != readers) std::this_thread::yield();
  char text[900];
  for (uint64_t number = 0; number < frames; ++number) {
    const size_t size = size_of(number);
    for (size_t i = 0; i < size; ++i) text[i] = byte_of(number, i);
    if (!writer.put(RecordKind::kFrame, number, text, size, 1)) complain("too large", number);
    if (number % 64 == 0) std::this_thread::yield();
  }
  g_written = true;
  for (std::thread& thread : threads) thread.join();
  return g_wrong != 0;
}
