// Synthetic indices: values and bars of them.
#include <cmath>
#include <string>

#include "sim/market.hpp"

namespace fastpoly::sim {

namespace {

using Channel = IndicesChannel;

constexpr int32_t kScale = 2;

struct Known {
  const char* name;
  int64_t value;  // hundredths
};

constexpr Known kKnown[] = {{"I:SPX", 698851},   {"I:NDX", 2512280}, {"I:DJI", 4821377},
                            {"I:COMP", 2348012}, {"I:RUT", 251233},  {"I:VIX", 1877},
                            {"I:VIX9D", 1705},   {"I:OEX", 347790},  {"I:XSP", 69885},
                            {"I:NYA", 2201544},  {"I:SOX", 712000},  {"I:DJT", 1745000}};

std::vector<std::string> make_names(uint32_t count) {
  std::vector<std::string> names;
  for (const Known& known : kKnown) {
    if (names.size() < count) names.emplace_back(known.name);
  }
  for (uint32_t serial = 0; names.size() < count; ++serial) {
    std::string name = "I:X";
    for (uint32_t rest = serial, i = 0; i < 4; ++i, rest /= 20) {
      name += "BCDFGHJKLMNPQRSTVWXZ"[rest % 20];
    }
    names.push_back(std::move(name));
  }
  return names;
}

class Indices final : public Market {
 public:
  Indices(const MarketOptions& options, const std::vector<std::string>& names)
      : Market(options, ChannelTable::of<Channel>(), names, 0.7), walks_(names.size()) {
    constexpr size_t kCount = sizeof kKnown / sizeof *kKnown;
    for (uint32_t symbol = 0; symbol < walks_.size(); ++symbol) {
      const int64_t value =
          symbol < kCount ? kKnown[symbol].value : 10000 + int64_t{random_.below(900000)};
      walks_[symbol].start(value, 1, 1, random_);
      bars_.day(symbol).open = value + (static_cast<int64_t>(random_.below(401)) - 200);
    }
  }

 private:
  void happen(uint64_t events) override {
    for (uint64_t i = 0; i < events; ++i) {
      const uint32_t symbol = activity_.draw(random_);
      Bits bits(random_.next());
      Walk& walk = walks_[symbol];
      for (uint32_t steps = bits.take(4); steps > 0; --steps) walk.move(bits);
      bars_.add(symbol, now_ms_, walk.bid, 1);
      if (!wants(Channel::V, symbol)) continue;
      IndexValue row;
      row.value = {walk.bid, kScale};
      row.ticker = &symbols_[symbol];
      row.timestamp = now_ms_;
      send(Channel::V, symbol, row);
    }
  }

  void send_bar(const ClosedBar& closed, int64_t start, int64_t end, bool minute) override {
    const uint8_t channel = minute ? Channel::AM : Channel::A;
    if (!wants(channel, closed.symbol)) return;
    EquityAgg row = make_equity_bar(symbols_[closed.symbol], closed, start, end, kScale);
    // Nothing is traded, so there is no volume and no average.
    row.has = EquityAgg::kHasOfficialOpenPrice;
    row.official_open_price = {bars_.day(closed.symbol).open, kScale};
    send(channel, closed.symbol, row);
  }

  std::vector<Walk> walks_;
};

}  // namespace

std::unique_ptr<Market> make_indices(const MarketOptions& options) {
  return std::make_unique<Indices>(options, make_names(std::max(options.symbols, 1u)));
}

}  // namespace fastpoly::sim
