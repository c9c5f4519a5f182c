#include "net/read_coalescing.hpp"

#ifdef __linux__
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>
#endif

namespace fastpoly {

void ReadCoalescer::judge(int64_t now_ns, int64_t elapsed_ns, uint64_t frames) {
  // In floating point: the window may have been open for hours.
  const double delays = static_cast<double>(elapsed_ns) / static_cast<double>(max_delay_ns_);
  // While reads are few for being coalesced, frames have to tell.
  const bool crowded = coalescing_
                           ? static_cast<double>(frames - frames_before_) >= kStillCrowded * delays
                           : static_cast<double>(reads_) >= kCrowded * delays;
  // A clock that was set back says nothing.
  if (elapsed_ns > 0 && crowded != coalescing_) coalesce(crowded);
  began_ns_ = now_ns;
  reads_ = 0;
  frames_before_ = frames;
}

#ifdef __linux__

int ReadCoalescer::attach(int socket) {
  detach();
  socket_ = socket;
  timer_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  return timer_;
}

void ReadCoalescer::detach() {
  if (timer_ >= 0) close(timer_);
  timer_ = socket_ = -1;
  coalescing_ = false;
  mark_ = 1;
  began_ns_ = reads_ = 0;
  frames_before_ = 0;
}

// The timer goes on by itself. To set it anew with each read would have the kernel program the
// processor's each time, which costs as much as a wake-up under a hypervisor.
void ReadCoalescer::coalesce(bool begin) {
  itimerspec every{};
  if (begin) {
    every.it_interval.tv_sec = static_cast<time_t>(max_delay_ns_ / 1'000'000'000);
    every.it_interval.tv_nsec = static_cast<long>(max_delay_ns_ % 1'000'000'000);
  }
  every.it_value = every.it_interval;
  // Without a timer, a mark could hold the last of the data for ever.
  coalescing_ = timerfd_settime(timer_, 0, &every, nullptr) == 0 && begin;
  if (!coalescing_) set_mark(1);
}

void ReadCoalescer::on_timer() {
  uint64_t expirations;
  if (timer_ < 0 || read(timer_, &expirations, sizeof expirations) < 0) return;
  if (mark_ > 1) {
    set_mark(1);
  } else {
    coalesce(false);  // nothing has come since the last time
  }
}

void ReadCoalescer::set_mark(int mark) {
  if (mark != mark_ && setsockopt(socket_, SOL_SOCKET, SO_RCVLOWAT, &mark, sizeof mark) == 0) {
    mark_ = mark;
  }
}

#else

int ReadCoalescer::attach(int) { return -1; }
void ReadCoalescer::detach() {}
void ReadCoalescer::coalesce(bool) {}
void ReadCoalescer::on_timer() {}
void ReadCoalescer::set_mark(int) {}

#endif

}  // namespace fastpoly
