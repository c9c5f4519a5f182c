// Fewer, larger reads of a busy socket: when the kernel wakes the reader. What a network card calls
// interrupt coalescing. No Python in here.
#pragma once

#include <cstdint>

namespace fastpoly {

// Watches the reads of one socket. A wake-up costs more than the parsing of a hundred events, and a
// reader that keeps up is woken for every frame.
//
// While kCrowded reads and more would come in the time that data may wait, the socket's low-water
// mark (SO_RCVLOWAT) is so high that nothing wakes the reader, and a timer takes the mark away each
// time data may have waited for long enough. The next read puts it back. With a mark alone that is
// moved with the flow, a sender would stand still whenever its congestion window is below the mark:
// a receiver that does not read acknowledges little. On systems without such a timer `attach` does
// nothing.
class ReadCoalescer {
 public:
  // How many delays are looked at together: in less, a few reads would seem many.
  static constexpr int64_t kWindow = 4;
  static constexpr int64_t kCrowded = 8;
  // Below that it would not pay to go on; apart from the above, or it would go to and fro.
  static constexpr int64_t kStillCrowded = 6;
  // More would not stay in the processor's caches until it is handled.
  static constexpr int kMark = 64 * 1024;

  // Data may wait for max_delay_ns; above 0.
  explicit ReadCoalescer(int64_t max_delay_ns) : max_delay_ns_(max_delay_ns) {}
  ~ReadCoalescer() { detach(); }
  ReadCoalescer(const ReadCoalescer&) = delete;
  ReadCoalescer& operator=(const ReadCoalescer&) = delete;

  // Begins with a socket, which stays the caller's. Returns the descriptor of the timer: when it is
  // readable, `on_timer` is to be called. -1 where there is none.
  int attach(int socket);
  // Ends; the socket may be closed by then.
  void detach();

  // A read has been handled, at that time by a clock of the caller's; so many frames have come so
  // far on this socket.
  void on_read(int64_t now_ns, uint64_t frames) {
    if (timer_ < 0) return;
    ++reads_;
    const int64_t elapsed_ns = now_ns - began_ns_;
    if (elapsed_ns < 0 || elapsed_ns >= kWindow * max_delay_ns_) judge(now_ns, elapsed_ns, frames);
    if (coalescing_) set_mark(kMark);
  }
  // The timer has run out: lets through what has arrived.
  void on_timer();

  bool coalescing() const { return coalescing_; }

 private:
  void judge(int64_t now_ns, int64_t elapsed_ns, uint64_t frames);
  void coalesce(bool begin);
  void set_mark(int mark);

  const int64_t max_delay_ns_;
  int socket_ = -1;
  int timer_ = -1;
  bool coalescing_ = false;
  int mark_ = 1;
  // The window that is being looked at.
  int64_t began_ns_ = 0;
  int64_t reads_ = 0;
  uint64_t frames_before_ = 0;
};

}  // namespace fastpoly
