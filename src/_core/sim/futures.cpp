// Synthetic futures contracts: trades, quotes, bars.
#include <cmath>
#include <string>

#include "sim/market.hpp"

namespace fastpoly::sim {

namespace {

using Channel = FuturesChannel;

struct Root {
  const char* name;
  int64_t price;  // in the unit of `scale`
  int64_t tick;
  int32_t scale;
};

constexpr Root kRoots[] = {
    {"ES", 698125, 25, 2}, {"NQ", 2512250, 25, 2},    {"ZN", 112796875, 15625, 6},
    {"CL", 6012, 1, 2},    {"GC", 41012, 1, 1},       {"RTY", 25123, 1, 1},
    {"YM", 48213, 1, 0},   {"6E", 117120, 5, 5},      {"SI", 48310, 5, 3},
    {"NG", 4512, 1, 3},    {"ZB", 11765625, 3125, 5}, {"ZC", 42525, 25, 2},
    {"ZS", 112150, 25, 2}, {"6J", 66425, 5, 7},       {"HG", 49915, 5, 4},
    {"6C", 71280, 5, 5},   {"ZW", 54025, 25, 2},      {"MES", 698125, 25, 2}};
constexpr char kMonths[] = "HMUZFGJKNQVX";  // the quarterly ones trade most

std::vector<std::string> make_names(uint32_t count) {
  std::vector<std::string> names;
  for (char year = '7'; year <= '9'; ++year) {
    for (int month = 0; month < 12; ++month) {
      for (const Root& root : kRoots) {
        if (names.size() == count) return names;
        names.push_back(std::string(root.name) + kMonths[month] + year);
      }
    }
  }
  return names;
}

struct Contract {
  Walk price;
  int32_t scale = 2;
  uint32_t bid_size = 10, ask_size = 10;
  int64_t bid_time = 0, ask_time = 0;
  int64_t sequence = 32600000;
};

class Futures final : public TradedMarket<Futures, Contract> {
 public:
  Futures(const MarketOptions& options, const std::vector<std::string>& names)
      : TradedMarket(options, ChannelTable::of<Channel>(), names, 1.1) {
    constexpr size_t kCount = sizeof kRoots / sizeof *kRoots;
    for (uint32_t symbol = 0; symbol < instruments_.size(); ++symbol) {
      const Root& root = kRoots[symbol % kCount];
      Contract& contract = instruments_[symbol];
      contract.scale = root.scale;
      contract.price.start(root.price + root.tick * random_.below(20), root.tick, 3, random_);
    }
  }

 private:
  friend TradedMarket;

  void trade(uint32_t symbol, Contract& contract, Bits& bits) {
    const int64_t price = bits.take(1) != 0 ? contract.price.bid : contract.price.ask();
    const int64_t size = bits.take(3) == 0 ? 10 + bits.take(6) : 1 + bits.take(2);
    const bool taped = bits.take(1) != 0;
    bars_.add(symbol, now_ms_, price, size);
    ++contract.sequence;
    if (!wants(Channel::T, symbol)) return;
    FuturesTrade row;
    row.has = FuturesTrade::kHasSequenceNumber;
    row.symbol = &symbols_[symbol];
    if (taped) {
      row.has |= FuturesTrade::kHasTape;
      row.tape = 3;
    }
    row.price = {price, contract.scale};
    row.size = size;
    row.timestamp = now_ms_;
    row.sequence_number = contract.sequence;
    send(Channel::T, symbol, row);
  }

  void quote(uint32_t symbol, Contract& contract, Bits& bits) {
    const uint32_t change = bits.take(2);
    if (change == 0) contract.price.move(bits);
    if (change == 1) contract.price.breathe(bits);
    if (change != 2) {
      contract.bid_size = 1 + bits.take(7);
      contract.bid_time = now_ms_;
    }
    if (change != 3) {
      contract.ask_size = 1 + bits.take(7);
      contract.ask_time = now_ms_;
    }
    if (contract.bid_time == 0) contract.bid_time = now_ms_;
    if (contract.ask_time == 0) contract.ask_time = now_ms_;
    if (!wants(Channel::Q, symbol)) return;
    using Row = FuturesQuote;
    Row row;
    row.has = Row::kHasBidPrice | Row::kHasBidSize | Row::kHasBidTimestamp | Row::kHasAskPrice |
              Row::kHasAskSize | Row::kHasAskTimestamp;
    row.symbol = &symbols_[symbol];
    row.bid_price = {contract.price.bid, contract.scale};
    row.bid_size = contract.bid_size;
    row.bid_timestamp = contract.bid_time;
    row.ask_price = {contract.price.ask(), contract.scale};
    row.ask_size = contract.ask_size;
    row.ask_timestamp = contract.ask_time;
    row.sip_timestamp = now_ms_;
    send(Channel::Q, symbol, row);
  }

  void send_bar(const ClosedBar& closed, int64_t start, int64_t end, bool minute) override {
    const uint8_t channel = minute ? Channel::AM : Channel::A;
    if (!wants(channel, closed.symbol)) return;
    const int32_t scale = instruments_[closed.symbol].scale;
    const Bar& bar = closed.bar;
    using Row = FuturesAgg;
    Row row;
    row.has = Row::kHasTotalValue | Row::kHasTransactions;
    row.symbol = &symbols_[closed.symbol];
    row.volume = Decimal::whole(bar.volume);
    row.total_value = {std::llround(bar.notional), scale};
    row.open = {bar.open, scale};
    row.close = {bar.close, scale};
    row.high = {bar.high, scale};
    row.low = {bar.low, scale};
    row.transactions = bar.trades;
    row.start_timestamp = start;
    row.end_timestamp = end;
    send(channel, closed.symbol, row);
  }
};

}  // namespace

std::unique_ptr<Market> make_futures(const MarketOptions& options) {
  return std::make_unique<Futures>(options, make_names(std::max(options.symbols, 1u)));
}

}  // namespace fastpoly::sim
