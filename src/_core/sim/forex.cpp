// Synthetic currency pairs: quotes, bars of the bids, fair values, Launchpad's bars and values.
#include <cmath>
#include <string>
#include <unordered_set>

#include "sim/market.hpp"

namespace fastpoly::sim {

namespace {

using Channel = ForexChannel;

struct Currency {
  const char* code;
  double dollars;  // what one of it is worth
};

constexpr Currency kCurrencies[] = {
    {"EUR", 1.167},    {"USD", 1},       {"JPY", 0.00661}, {"GBP", 1.333},   {"AUD", 0.652},
    {"CAD", 0.712},    {"CHF", 1.242},   {"NZD", 0.571},   {"XAU", 4101.2},  {"SEK", 0.1052},
    {"NOK", 0.0985},   {"MXN", 0.0543},  {"SGD", 0.7721},  {"HKD", 0.1286},  {"TRY", 0.0237},
    {"ZAR", 0.0579},   {"PLN", 0.2741},  {"DKK", 0.1563},  {"CZK", 0.0479},  {"HUF", 0.00301},
    {"CNH", 0.1404},   {"ILS", 0.3071},  {"THB", 0.0308},  {"INR", 0.01127}, {"BRL", 0.1863},
    {"KRW", 0.000684}, {"XAG", 48.31},   {"TWD", 0.0319},  {"PHP", 0.01701}, {"IDR", 0.0000599},
    {"CLP", 0.00107},  {"COP", 0.00026}, {"RON", 0.2295},  {"SAR", 0.2666},  {"AED", 0.2723}};
constexpr size_t kCurrencyCount = sizeof kCurrencies / sizeof *kCurrencies;
constexpr const char* kMajors[] = {"EUR/USD", "USD/JPY", "GBP/USD", "AUD/USD", "USD/CAD",
                                   "USD/CHF", "XAU/USD", "EUR/JPY", "NZD/USD", "EUR/GBP",
                                   "GBP/JPY", "USD/SGD", "USD/MXN", "EUR/CHF", "AUD/JPY"};

double worth(std::string_view code) {
  for (const Currency& currency : kCurrencies) {
    if (code == currency.code) return currency.dollars;
  }
  return 1;
}

std::vector<std::string> make_names(uint32_t count) {
  std::vector<std::string> names;
  std::unordered_set<std::string> taken;
  for (const char* name : kMajors) {
    if (names.size() < count && taken.insert(name).second) names.emplace_back(name);
  }
  for (size_t sum = 1; sum < 2 * kCurrencyCount - 2; ++sum) {
    for (size_t base = 0; base <= sum; ++base) {
      const size_t counter = sum - base;
      if (base == counter || base >= kCurrencyCount || counter >= kCurrencyCount) continue;
      std::string name = std::string(kCurrencies[base].code) + "/" + kCurrencies[counter].code;
      if (names.size() < count && taken.insert(name).second) names.push_back(std::move(name));
    }
  }
  return names;
}

struct Pair {
  Walk price;
  int32_t scale = 5;
};

class Forex final : public Market {
 public:
  Forex(const MarketOptions& options, const std::vector<std::string>& names)
      : Market(options, ChannelTable::of<Channel>(), names, 0.9), pairs_(names.size()) {
    for (uint32_t symbol = 0; symbol < pairs_.size(); ++symbol) list(symbol);
  }

 private:
  void list(uint32_t symbol) {
    const std::string name(symbol_name(symbol));
    const std::string base = name.substr(0, 3), counter = name.substr(4);
    value_names_.emplace_back("C:" + base + counter);
    bar_names_.emplace_back("C:" + base + "-" + counter);
    const double price = worth(base) / worth(counter) * (1 + 0.01 * random_.bell());
    Pair& pair = pairs_[symbol];
    // Five digits at least, as dealers quote.
    pair.scale = price > 1000 ? 2 : price > 20 ? 3 : price > 0.01 ? 5 : 8;
    const double unit = static_cast<double>(kPowersOfTen[pair.scale]);
    pair.price.start(static_cast<int64_t>(price * unit), 1, 8, random_);
    Day& day = bars_.day(symbol);
    day.open = pair.price.anchor;
    day.volume = 1 + random_.below(10000);
    day.notional = static_cast<double>(day.volume) * static_cast<double>(pair.price.anchor);
  }

  void happen(uint64_t events) override {
    for (uint64_t i = 0; i < events; ++i) {
      const uint32_t symbol = activity_.draw(random_);
      Bits bits(random_.next());
      quote(symbol, pairs_[symbol], bits);
    }
  }

  void quote(uint32_t symbol, Pair& pair, Bits& bits) {
    for (uint32_t steps = 1 + bits.take(2); steps > 0; --steps) pair.price.move(bits);
    if (bits.take(1) != 0) pair.price.breathe(bits);
    bars_.add(symbol, now_ms_, pair.price.bid, 1);
    if (wants(Channel::C, symbol)) {
      ForexQuote row;
      row.pair = &symbols_[symbol];
      row.exchange_id = 48;
      row.ask_price = {pair.price.ask(), pair.scale};
      row.bid_price = {pair.price.bid, pair.scale};
      row.timestamp = now_ms_;
      send(Channel::C, symbol, row);
    }
    if (bits.take(2) != 0) return;
    const int64_t time = now_ns();
    const Decimal middle{pair.price.middle(), pair.scale};
    send_fair_value(Channel::FMV, symbol, value_names_[symbol], middle, time);
    send_launchpad_value(Channel::LV, symbol, value_names_[symbol], middle, time);
  }

  void send_bar(const ClosedBar& closed, int64_t start, int64_t end, bool minute) override {
    const uint32_t symbol = closed.symbol;
    const int32_t scale = pairs_[symbol].scale;
    const Bar& bar = closed.bar;
    const uint8_t channel = minute ? Channel::CA : Channel::CAS;
    if (wants(channel, symbol)) {
      CurrencyAgg row;
      row.has = CurrencyAgg::kHasEndTimestamp;
      row.pair = &symbols_[symbol];
      row.volume = Decimal::whole(bar.volume);
      row.open = {bar.open, scale};
      row.close = {bar.close, scale};
      row.high = {bar.high, scale};
      row.low = {bar.low, scale};
      row.start_timestamp = start;
      row.end_timestamp = end;
      send(channel, symbol, row);
    }
    if (minute && wants(Channel::AM, symbol)) {
      EquityAgg row = make_equity_bar(bar_names_[symbol], closed, start, end, scale);
      add_sizes(row, closed, Decimal::kWhole);
      add_open(row, {bars_.day(symbol).open, scale});
      send(Channel::AM, symbol, row);
    }
  }

  std::vector<Pair> pairs_;
  // The pair as fair values and as Launchpad's bars spell it.
  std::vector<SymbolText> value_names_, bar_names_;
};

}  // namespace

std::unique_ptr<Market> make_forex(const MarketOptions& options) {
  return std::make_unique<Forex>(options, make_names(std::max(options.symbols, 1u)));
}

}  // namespace fastpoly::sim
