// Second and minute bars of the simulator, made of the very trades that it sends.
//
// A trade belongs to the windows that contain its own time, which may lie in the past: a bar that
// has been sent already is then sent again. Bars wait a while after their window before they are
// sent, as the service's do, so that trades a little late need no second bar.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace fastpoly::sim {

struct Bar {
  int64_t open = 0, high = 0, low = 0, close = 0;  // in the market's price unit
  int64_t volume = 0;                              // in the market's size unit
  int64_t trades = 0;
  double notional = 0;  // price unit x size unit

  void add(int64_t price, int64_t size) {
    if (trades == 0) {
      open = high = low = price;
    } else {
      high = std::max(high, price);
      low = std::min(low, price);
    }
    close = price;
    volume += size;
    ++trades;
    notional += static_cast<double>(price) * static_cast<double>(size);
  }

  // A late trade changes everything but the order of the others.
  void add_late(int64_t price, int64_t size) {
    if (trades == 0) return add(price, size);
    high = std::max(high, price);
    low = std::min(low, price);
    volume += size;
    ++trades;
    notional += static_cast<double>(price) * static_cast<double>(size);
  }
};

struct Day {
  int64_t volume = 0;
  double notional = 0;
  int64_t open = 0;
};

// What is sent of one symbol and window.
struct ClosedBar {
  uint32_t symbol = 0;
  bool restated = false;  // changed since it was sent
  Bar bar;
  int64_t day_volume = 0;
  double day_notional = 0;
};

class BarBook {
 public:
  static constexpr int64_t kSecondMs = 1000, kMinuteMs = 60000;
  // For so long late trades find their bars.
  static constexpr int64_t kSecondsKeptMs = 60000, kMinutesKeptMs = 300000;
  // The bars of one window leave over about this time, not all at once.
  static constexpr int64_t kSpreadMs = 300;

  BarBook(size_t symbols, int64_t hold_ms)
      : slots_(symbols),
        second_{kSecondMs, kSecondsKeptMs, &Slot::second},
        minute_{kMinuteMs, kMinutesKeptMs, &Slot::minute},
        hold_ms_(hold_ms) {}

  Day& day(uint32_t symbol) { return slots_[symbol].day; }

  // Call before the trades of a moment: ends the windows that lie before it.
  void roll(int64_t now_ms) {
    roll(second_, now_ms);
    roll(minute_, now_ms);
  }

  // Counts a trade. Returns its time: `at_ms`, or the start of the running second if the window of
  // the time asked for has been forgotten.
  int64_t add(uint32_t symbol, int64_t at_ms, int64_t price, int64_t size) {
    Slot& slot = slots_[symbol];
    slot.day.volume += size;
    slot.day.notional += static_cast<double>(price) * static_cast<double>(size);
    if (at_ms < second_.start && !add_late(second_, symbol, at_ms, price, size)) {
      at_ms = second_.start;
    }
    if (at_ms >= second_.start) add(second_, slot.second, symbol, price, size);
    if (at_ms >= minute_.start) {
      add(minute_, slot.minute, symbol, price, size);
    } else {
      add_late(minute_, symbol, at_ms, price, size);
    }
    return at_ms;
  }

  // Gives `send(const ClosedBar&, start_ms, end_ms, is_minute)` every bar whose time has come.
  template <class Send>
  void drain(int64_t now_ms, Send&& send) {
    drain(second_, now_ms,
          [&](const ClosedBar& bar, int64_t start) { send(bar, start, start + kSecondMs, false); });
    drain(minute_, now_ms,
          [&](const ClosedBar& bar, int64_t start) { send(bar, start, start + kMinuteMs, true); });
    drained_ms_ = now_ms;
  }

 private:
  struct Slot {
    Bar second, minute;
    Day day;
  };

  struct Closed {
    int64_t start;
    int64_t due;
    size_t sent = 0;
    size_t restated = 0;
    std::vector<ClosedBar> bars = {};  // by symbol
  };

  struct Windows {
    int64_t length;
    int64_t kept;
    Bar Slot::* bar;
    int64_t start = 0;
    std::vector<uint32_t> active = {};
    std::deque<Closed> closed = {};
  };

  static void add(Windows& windows, Bar& bar, uint32_t symbol, int64_t price, int64_t size) {
    if (bar.trades == 0) windows.active.push_back(symbol);
    bar.add(price, size);
  }

  // A window that had no bar of the symbol gets one.
  bool add_late(Windows& windows, uint32_t symbol, int64_t at_ms, int64_t price, int64_t size) {
    const int64_t start = at_ms - at_ms % windows.length;
    for (auto window = windows.closed.rbegin(); window != windows.closed.rend(); ++window) {
      if (window->start != start) continue;
      auto bar = std::lower_bound(
          window->bars.begin(), window->bars.end(), symbol,
          [](const ClosedBar& closed, uint32_t wanted) { return closed.symbol < wanted; });
      const bool sent = static_cast<size_t>(bar - window->bars.begin()) < window->sent;
      if (bar == window->bars.end() || bar->symbol != symbol) {
        const Day& today = slots_[symbol].day;
        bar = window->bars.insert(bar, {symbol, false, Bar{}, today.volume, today.notional});
        window->sent += sent;
      } else {
        bar->day_volume += size;
        bar->day_notional += static_cast<double>(price) * static_cast<double>(size);
      }
      bar->bar.add_late(price, size);
      window->restated += sent && !bar->restated;
      bar->restated = sent;
      return true;
    }
    return false;
  }

  void roll(Windows& windows, int64_t now_ms) {
    const int64_t start = now_ms - now_ms % windows.length;
    if (start == windows.start) return;
    if (!windows.active.empty()) {
      std::sort(windows.active.begin(), windows.active.end());
      Closed closed{windows.start, windows.start + windows.length + hold_ms_};
      closed.bars.reserve(windows.active.size());
      for (uint32_t symbol : windows.active) {
        Slot& slot = slots_[symbol];
        closed.bars.push_back(
            {symbol, false, slot.*windows.bar, slot.day.volume, slot.day.notional});
        slot.*windows.bar = Bar{};
      }
      windows.active.clear();
      windows.closed.push_back(std::move(closed));
    }
    windows.start = start;
    while (!windows.closed.empty() && windows.closed.front().start + windows.kept < now_ms &&
           windows.closed.front().sent == windows.closed.front().bars.size()) {
      windows.closed.pop_front();
    }
  }

  template <class Send>
  void drain(Windows& windows, int64_t now_ms, Send&& send) {
    // A clock that was set back must not hold bars up.
    const int64_t passed = std::max<int64_t>(now_ms - drained_ms_, 1);
    const bool restate = now_ms / kSecondMs != drained_ms_ / kSecondMs;
    for (Closed& window : windows.closed) {
      if (restate && window.restated != 0) {
        for (size_t i = 0; i < window.sent; ++i) {
          if (!window.bars[i].restated) continue;
          window.bars[i].restated = false;
          send(window.bars[i], window.start);
        }
        window.restated = 0;
      }
      if (window.sent == window.bars.size() || now_ms < window.due) continue;
      const size_t share = window.bars.size() * static_cast<size_t>(passed) / kSpreadMs + 16;
      const size_t end = std::min(window.bars.size(), window.sent + share);
      for (; window.sent < end; ++window.sent) send(window.bars[window.sent], window.start);
    }
  }

  std::vector<Slot> slots_;
  Windows second_, minute_;
  int64_t hold_ms_;
  int64_t drained_ms_ = 0;
};

}  // namespace fastpoly::sim
