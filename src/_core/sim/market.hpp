// A synthetic market: what every asset class shares, and the tape of what just happened.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sim/bars.hpp"
#include "sim/random.hpp"
#include "sim/render.gen.hpp"

namespace fastpoly::sim {

constexpr size_t kMaxChannels = 16;

// Rendered events of one step of the clock, in order. Each is followed by a comma, so that events
// which follow one another can be copied as one piece.
class Tape {
 public:
  struct Entry {
    uint32_t start;
    uint32_t symbol;
    uint8_t channel;
  };

  void clear() {
    entries_.clear();
    size_ = 0;
  }

  template <class Row>
  void add(uint8_t channel, uint32_t symbol, std::string_view head, const Row& row,
           size_t extra = 0) {
    reserve(kMaxEventText + kTextSlack + extra);
    entries_.push_back({static_cast<uint32_t>(size_), symbol, channel});
    char* end = render(text_.get() + size_, head, row);
    *end++ = ',';
    size_ = static_cast<size_t>(end - text_.get());
  }

  const std::vector<Entry>& entries() const { return entries_; }
  const char* text() const { return text_.get(); }
  // Where entry `index` ends, its comma included.
  size_t end(size_t index) const {
    return index + 1 < entries_.size() ? entries_[index + 1].start : size_;
  }

 private:
  void reserve(size_t room) {
    if (capacity_ - size_ >= room) return;
    const size_t capacity = capacity_ * 2 + room + (size_t{1} << 16);
    std::unique_ptr<char[]> text(new char[capacity]);
    if (size_ != 0) std::memcpy(text.get(), text_.get(), size_);
    text_ = std::move(text);
    capacity_ = capacity;
  }

  std::vector<Entry> entries_;
  std::unique_ptr<char[]> text_;
  size_t size_ = 0, capacity_ = 0;
};

// Which events anyone wants; the others are not rendered. Counts, because subscriptions overlap.
class Interest {
 public:
  Interest(size_t channels, size_t symbols) : symbols_(symbols), wild_(channels), held_(channels) {}

  bool wants(uint8_t channel, uint32_t symbol) const {
    if (wild_[channel] != 0) return true;
    const std::vector<uint16_t>& held = held_[channel];
    return !held.empty() && held[symbol] != 0;
  }

  void change_wildcard(uint8_t channel, int by) {
    wild_[channel] = static_cast<uint16_t>(wild_[channel] + by);
  }

  void change(uint8_t channel, uint32_t symbol, int by) {
    std::vector<uint16_t>& held = held_[channel];
    if (held.empty()) held.resize(symbols_);
    held[symbol] = static_cast<uint16_t>(held[symbol] + by);
  }

 private:
  size_t symbols_;
  std::vector<uint16_t> wild_;
  std::vector<std::vector<uint16_t>> held_;
};

// A market's channels, as generated from the schema table.
struct ChannelTable {
  size_t count;
  const std::string_view* names;
  const std::string_view* heads;

  template <class Channel>
  static constexpr ChannelTable of() {
    return {Channel::kCount, Channel::kNames, Channel::kHeads};
  }
};

// A price on its grid of ticks, and the best bid and offer around it.
struct Walk {
  int64_t bid = 0;     // in the market's price unit
  int64_t anchor = 0;  // where the price is drawn back to
  int64_t tick = 1;
  int32_t spread = 1;  // ticks
  int32_t widest = 1;  // ticks

  int64_t ask() const { return bid + spread * tick; }
  int64_t middle() const { return bid + spread * tick / 2; }

  // By one tick, more readily towards the anchor than away from it.
  void move(Bits& bits) {
    const int64_t step = bits.take(1) != 0 ? tick : -tick;
    const int64_t away = bid - anchor;
    const bool outward = (away > 0) == (step > 0);
    const bool far = away > anchor / 64 || -away > anchor / 64;
    if (outward && far && bits.take(1) != 0) return;
    if (bid + step > 0) bid += step;
  }

  void breathe(Bits& bits) {
    spread += bits.take(1) != 0 ? 1 : -1;
    if (spread < 1) spread = 1;
    if (spread > widest) spread = widest;
  }

  // Starts near `price`; the spread is at most `most` ticks.
  void start(int64_t price, int64_t grid, int32_t most, Random& random) {
    tick = grid;
    bid = anchor = (price > 20 * grid ? price / grid : 20) * grid;
    widest = most;
    spread = 1 + static_cast<int32_t>(random.below(static_cast<uint32_t>(most)));
  }
};

struct MarketOptions {
  uint64_t seed = 1;
  uint32_t symbols = 1000;
  double trade_share = 0.2;          // of trades and quotes together
  int64_t bar_hold_ms = 2000;        // from the end of a window to its bar
  uint32_t late_per_million = 1000;  // trades reported seconds late
  uint32_t halts_per_million = 5;    // quotes after which the symbol is halted
};

class Market {
 public:
  virtual ~Market() = default;
  Market(const Market&) = delete;
  Market& operator=(const Market&) = delete;

  // Makes `events` trades and quotes happen at `now_ms` (Unix time), and what follows from them.
  // The tape then holds those of interest.
  void advance(int64_t now_ms, uint64_t events);

  const Tape& tape() const { return tape_; }
  Interest& interest() { return interest_; }
  size_t symbol_count() const { return symbols_.size(); }
  std::string_view symbol_name(uint32_t symbol) const { return symbols_[symbol].name(); }
  // The symbol's number, or -1.
  int64_t find(std::string_view name) const;

  size_t channel_count() const { return channels_.count; }
  std::string_view channel_name(uint8_t channel) const { return channels_.names[channel]; }

 protected:
  // `skew`: how steeply activity falls from one symbol to the next.
  Market(const MarketOptions& options, ChannelTable channels, const std::vector<std::string>& names,
         double skew);

  // Makes that many trades and quotes happen at `now_ms_`.
  virtual void happen(uint64_t events) = 0;
  virtual void send_bar(const ClosedBar& bar, int64_t start, int64_t end, bool minute) = 0;

  bool wants(uint8_t channel, uint32_t symbol) const { return interest_.wants(channel, symbol); }
  int64_t now_ns() { return now_ms_ * 1000000 + random_.below(1000000); }

  template <class Row>
  void send(uint8_t channel, uint32_t symbol, const Row& row, size_t extra = 0) {
    tape_.add(channel, symbol, channels_.heads[channel], row, extra);
  }
  // They are sent if anyone wants them.
  void send_fair_value(uint8_t channel, uint32_t symbol, const SymbolText& text, Decimal value,
                       int64_t time);
  void send_launchpad_value(uint8_t channel, uint32_t symbol, const SymbolText& text, Decimal value,
                            int64_t time);

  MarketOptions options_;
  Random random_;
  std::vector<SymbolText> symbols_;
  AliasTable activity_;
  uint32_t trade_threshold_;  // of a random 32-bit number
  BarBook bars_;
  Tape tape_;
  int64_t now_ms_ = 0;

 private:
  Interest interest_;
  ChannelTable channels_;
  std::unordered_map<std::string, uint32_t> index_;
};

// A market in which every event is a trade or a quote of one instrument.
//
// `Derived` has trade(symbol, instrument, bits) and quote(symbol, instrument, bits), and
// is_trading(symbol, instrument) where quotes may be all there is for a while.
template <class Derived, class Instrument>
class TradedMarket : public Market {
 protected:
  static bool is_trading(uint32_t, const Instrument&) { return true; }

  std::vector<Instrument> instruments_;  // by symbol

 private:
  friend Derived;

  TradedMarket(const MarketOptions& options, ChannelTable channels,
               const std::vector<std::string>& names, double skew)
      : Market(options, channels, names, skew), instruments_(names.size()) {}

  void happen(uint64_t events) final {
    auto& self = static_cast<Derived&>(*this);
    for (uint64_t i = 0; i < events; ++i) {
      const uint32_t symbol = activity_.draw(random_);
      const uint64_t word = random_.next();
      Instrument& instrument = instruments_[symbol];
      const bool trading = self.is_trading(symbol, instrument);
      Bits bits(word >> 32);
      if (trading && static_cast<uint32_t>(word) < trade_threshold_) {
        self.trade(symbol, instrument, bits);
      } else {
        self.quote(symbol, instrument, bits);
      }
    }
  }
};

// A volume-weighted average price, in the unit of the prices.
inline Decimal average_price(double notional, int64_t volume, int32_t scale) {
  return {std::llround(notional / static_cast<double>(volume)), scale};
}

// What the bars of stocks, of options and for Launchpad have in common; sizes are left out.
EquityAgg make_equity_bar(const SymbolText& text, const ClosedBar& closed, int64_t start,
                          int64_t end, int32_t price_scale);

// The sizes of such a bar, of markets that have one unit for all of them.
void add_sizes(EquityAgg& row, const ClosedBar& closed, int32_t size_scale);

// The price at which the day opened, where there was an opening.
void add_open(EquityAgg& row, Decimal price);

// The market of that name in the schema table, or null.
std::unique_ptr<Market> make_market(std::string_view name, const MarketOptions& options);

std::unique_ptr<Market> make_stocks(const MarketOptions& options);
std::unique_ptr<Market> make_options(const MarketOptions& options);
std::unique_ptr<Market> make_forex(const MarketOptions& options);
std::unique_ptr<Market> make_crypto(const MarketOptions& options);
std::unique_ptr<Market> make_indices(const MarketOptions& options);
std::unique_ptr<Market> make_futures(const MarketOptions& options);

}  // namespace fastpoly::sim
