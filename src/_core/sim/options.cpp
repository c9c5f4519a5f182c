// Synthetic options contracts: trades, quotes, bars, fair values.
#include <cmath>
#include <cstdio>
#include <string>

#include "sim/market.hpp"

namespace fastpoly::sim {

namespace {

using Channel = OptionsChannel;

constexpr int32_t kPriceScale = 4;
constexpr int64_t kDollar = 10000;  // price unit: a hundredth of a cent

struct Root {
  const char* name;
  int32_t center;  // of the strikes, dollars
  int32_t step;    // from strike to strike, dollars
};

constexpr Root kRoots[] = {{"SPXW", 6800, 25}, {"SPY", 680, 5},   {"NVDA", 190, 5},
                           {"TSLA", 430, 10},  {"QQQ", 600, 5},   {"AAPL", 270, 5},
                           {"AMD", 220, 5},    {"META", 640, 10}, {"IWM", 240, 2},
                           {"PLTR", 170, 5},   {"MSFT", 490, 5},  {"INTC", 38, 1}};
constexpr const char* kExpirations[] = {"261218", "270115", "270219", "270319",
                                        "270618", "271217", "280121", "281215"};
constexpr int16_t kExchanges[16] = {300, 301, 302, 303, 304, 307, 308, 309,
                                    312, 313, 316, 318, 319, 320, 322, 323};
constexpr int16_t kConditions[8] = {209, 219, 227, 228, 229, 230, 232, 233};

// Contracts near the money of the busiest roots first.
std::vector<std::string> make_names(uint32_t count) {
  std::vector<std::string> names;
  for (int distance = 0; names.size() < count; ++distance) {
    for (const char* expiration : kExpirations) {
      for (const Root& root : kRoots) {
        for (int side = 0; side < (distance == 0 ? 2 : 4) && names.size() < count; ++side) {
          const int strike = root.center + root.step * (side < 2 ? distance : -distance);
          if (strike <= 0) continue;
          char name[48];
          std::snprintf(name, sizeof name, "O:%s%s%c%08d", root.name, expiration,
                        side % 2 == 0 ? 'C' : 'P', strike * 1000);
          names.emplace_back(name);
        }
      }
    }
  }
  return names;
}

struct Contract {
  Walk price;
  uint32_t bid_size = 10, ask_size = 10;
  int16_t bid_exchange = 302, ask_exchange = 313;
};

class Options final : public TradedMarket<Options, Contract> {
 public:
  Options(const MarketOptions& options, const std::vector<std::string>& names)
      : TradedMarket(options, ChannelTable::of<Channel>(), names, 0.8) {
    for (uint32_t symbol = 0; symbol < instruments_.size(); ++symbol) list(symbol);
  }

 private:
  friend TradedMarket;

  void list(uint32_t symbol) {
    Contract& contract = instruments_[symbol];
    const double price = std::exp(1.2 + 1.1 * random_.bell());
    contract.price.start(static_cast<int64_t>(price * kDollar), price < 3 ? 100 : 500, 12, random_);
    contract.bid_exchange = kExchanges[random_.below(16)];
    contract.ask_exchange = kExchanges[random_.below(16)];
    Day& day = bars_.day(symbol);
    day.open = contract.price.anchor;
    day.volume = 1 + random_.below(5000);
    day.notional = static_cast<double>(day.volume) * static_cast<double>(contract.price.anchor);
  }

  void quote(uint32_t symbol, Contract& contract, Bits& bits) {
    switch (bits.take(2)) {
      case 0:
        contract.price.move(bits);
        contract.price.breathe(bits);
        break;
      case 1:
        contract.bid_exchange = kExchanges[bits.take(4)];
        contract.ask_exchange = kExchanges[bits.take(4)];
        break;
      case 2:
        contract.bid_size = 1 + bits.take(7);
        break;
      default:
        contract.ask_size = 1 + bits.take(7);
    }
    // Worthless contracts have no bid; it is left out, or zero.
    const bool no_bid = bits.take(6) == 0;
    const bool zero = bits.take(1) != 0;
    const bool valued = bits.take(2) == 0;
    ++quote_sequence_;
    if (wants(Channel::Q, symbol)) {
      using Row = EquityQuote;
      Row row;
      row.has = Row::kHasAskExchangeId | Row::kHasAskPrice | Row::kHasAskSize;
      row.symbol = &symbols_[symbol];
      if (!no_bid) {
        row.bid_exchange_id = contract.bid_exchange;
        row.bid_price = {contract.price.bid, kPriceScale};
        row.bid_size = contract.bid_size;
      }
      if (!no_bid || zero) {
        row.has |= Row::kHasBidExchangeId | Row::kHasBidPrice | Row::kHasBidSize;
      }
      row.ask_exchange_id = contract.ask_exchange;
      row.ask_price = {contract.price.ask(), kPriceScale};
      row.ask_size = contract.ask_size;
      row.timestamp = now_ms_;
      row.sequence_number = quote_sequence_;
      send(Channel::Q, symbol, row);
    }
    if (valued) value(symbol, contract);
  }

  void value(uint32_t symbol, const Contract& contract) {
    const int64_t time = now_ns();
    const Decimal middle{contract.price.middle(), kPriceScale};
    send_fair_value(Channel::FMV, symbol, symbols_[symbol], middle, time);
    send_launchpad_value(Channel::LV, symbol, symbols_[symbol], middle, time);
  }

  void trade(uint32_t symbol, const Contract& contract, Bits& bits) {
    const int64_t price = bits.take(1) != 0 ? contract.price.bid : contract.price.ask();
    int64_t size = 1 + bits.take(3);
    if (bits.take(4) == 0) size = 10 * size * (1 + bits.take(5));
    const int16_t exchange = kExchanges[bits.take(4)];
    const int16_t condition = kConditions[bits.take(3)];
    const bool plain = bits.take(2) == 0;
    bars_.add(symbol, now_ms_, price, size);
    ++trade_sequence_;
    if (!wants(Channel::T, symbol)) return;
    EquityTrade row;
    row.symbol = &symbols_[symbol];
    row.exchange = bits.take(5) == 0 ? 65 : exchange;
    row.price = {price, kPriceScale};
    row.size = size;
    if (!plain) {
      row.has = EquityTrade::kHasConditions;
      row.conditions = {1, {condition}};
    }
    row.timestamp = now_ms_;
    row.sequence_number = trade_sequence_;
    send(Channel::T, symbol, row);
  }

  void send_bar(const ClosedBar& closed, int64_t start, int64_t end, bool minute) override {
    const uint8_t channel = minute ? Channel::AM : Channel::A;
    if (!wants(channel, closed.symbol)) return;
    EquityAgg row = make_equity_bar(symbols_[closed.symbol], closed, start, end, kPriceScale);
    add_sizes(row, closed, Decimal::kWhole);
    add_open(row, {bars_.day(closed.symbol).open, kPriceScale});
    send(channel, closed.symbol, row);
  }

  // Beyond 2^31, as some of the service's are.
  int64_t trade_sequence_ = 1864300000, quote_sequence_ = 2851200000;
};

}  // namespace

std::unique_ptr<Market> make_options(const MarketOptions& options) {
  return std::make_unique<Options>(options, make_names(std::max(options.symbols, 1u)));
}

}  // namespace fastpoly::sim
