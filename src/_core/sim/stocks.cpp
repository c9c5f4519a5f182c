// Synthetic stocks: trades, quotes, bars, price bands and halts, imbalances, fair values.
#include <cmath>
#include <string>
#include <unordered_set>

#include "sim/market.hpp"

namespace fastpoly::sim {

namespace {

using Channel = StocksChannel;

constexpr int32_t kPriceScale = 4;
constexpr int64_t kDollar = 10000;   // price unit: a hundredth of a cent
constexpr int64_t kShare = 1000000;  // size unit: a millionth of a share

constexpr const char* kKnown[] = {
    "NVDA", "TSLA", "AAPL", "SPY", "QQQ",   "AMZN", "MSFT", "AMD",  "META", "GOOGL",
    "PLTR", "INTC", "BAC",  "F",   "GOOG",  "NFLX", "IWM",  "AVGO", "XOM",  "T",
    "KO",   "JPM",  "WMT",  "DIS", "BRK.B", "C",    "PFE",  "GE",   "UBER", "CSCO",
    "MU",   "BABA", "NKE",  "V",   "WFC",   "CVX",  "ORCL", "COST", "SMCI", "BRK.A"};

// Tickers by activity: known ones first, then made up, with the odd shapes that real lists have.
std::vector<std::string> make_names(uint32_t count) {
  std::vector<std::string> names;
  std::unordered_set<std::string> taken;
  for (const char* name : kKnown) {
    if (names.size() < count && taken.insert(name).second) names.emplace_back(name);
  }
  for (uint32_t serial = 0; names.size() < count; ++serial) {
    // Without vowels, so that no made-up ticker is a word.
    uint32_t code = serial * 7919u % 160000u;
    std::string name;
    for (int i = 0; i < 4; ++i) {
      name += "BCDFGHJKLMNPQRSTVWXZ"[code % 20];
      code /= 20;
    }
    if (serial % 3 == 0) name.resize(3);
    if (serial % 89 == 7) name += 'w';     // a warrant
    if (serial % 97 == 11) name += "pB";   // a preferred share
    if (serial % 101 == 13) name += ".A";  // a share class
    if (serial >= 160000) name += std::to_string(serial);
    if (taken.insert(name).second) names.push_back(std::move(name));
  }
  return names;
}

constexpr uint8_t kExchanges[16] = {12, 12, 11, 11, 10, 10, 19, 19, 21, 7, 15, 20, 2, 3, 9, 16};
constexpr uint8_t kTrf = 4, kOtc = 62;

constexpr Codes kTradeConditions[16] = {
    {0, {}},       {0, {}},       {0, {}},   {0, {}},           {1, {14}},     {1, {14}},
    {2, {14, 41}}, {2, {14, 41}}, {1, {41}}, {1, {12}},         {2, {12, 14}}, {1, {10}},
    {2, {53, 41}}, {1, {22}},     {1, {9}},  {3, {12, 14, 41}},
};
constexpr Codes kOddLotConditions[4] = {{1, {37}}, {2, {14, 37}}, {3, {14, 37, 41}}, {2, {12, 37}}};

struct Stock {
  Walk price;
  int64_t halted_until_ms = 0;
  uint32_t bid_size = 100, ask_size = 100;
  uint32_t trade_id = 0;
  uint32_t imbalance_sequence = 0;
  uint8_t bid_exchange = 12, ask_exchange = 12;
  uint8_t tape = 3;
  bool otc = false;
  bool halted = false;
  bool opened = true;
};

class Stocks final : public TradedMarket<Stocks, Stock> {
 public:
  Stocks(const MarketOptions& options, const std::vector<std::string>& names)
      : TradedMarket(options, ChannelTable::of<Channel>(), names, 0.95) {
    for (uint32_t symbol = 0; symbol < instruments_.size(); ++symbol) list(symbol);
  }

 private:
  friend TradedMarket;

  void list(uint32_t symbol) {
    Stock& stock = instruments_[symbol];
    const std::string_view name = symbol_name(symbol);
    double price = std::exp(3.6 + 0.95 * random_.bell());
    if (symbol < 40) price = 20 + price;
    if (name == "BRK.A") price = 712000;
    price = std::min(std::max(price, 0.12), 730000.0);
    stock.price.start(static_cast<int64_t>(price * kDollar), price < 1 ? 1 : 100,
                      symbol < 200 ? 4 : 16, random_);
    const uint32_t listing = random_.below(16);
    stock.tape = listing < 6 ? 1 : listing < 9 ? 2 : 3;
    // Over-the-counter shares are in the quiet end of the list.
    stock.otc = symbol > 500 && random_.below(40) == 0;
    stock.opened = symbol < 100 || random_.below(20) != 0;
    stock.bid_exchange = kExchanges[random_.below(16)];
    stock.ask_exchange = kExchanges[random_.below(16)];
    Day& day = bars_.day(symbol);
    day.open = stock.price.anchor + (static_cast<int64_t>(random_.below(9)) - 4) * stock.price.tick;
    day.volume = static_cast<int64_t>(random_.below(4000000) / (symbol + 1) + 100) * kShare;
    day.notional = static_cast<double>(day.volume) * static_cast<double>(stock.price.anchor);
  }

  bool is_trading(uint32_t symbol, Stock& stock) {
    if (stock.halted && now_ms_ >= stock.halted_until_ms) resume(symbol, stock);
    return !stock.halted;
  }

  uint32_t draw_size() {
    const uint64_t word = random_.next();
    const auto kind = static_cast<uint32_t>(word & 7);
    const auto amount = static_cast<uint32_t>(word >> 40);
    if (kind < 5) return 100 * (1 + (amount & 7));
    if (kind < 7) return 1 + amount % 99;
    return 100 * (1 + amount % 400);
  }

  void quote(uint32_t symbol, Stock& stock, Bits& bits) {
    switch (bits.take(3)) {
      case 0:
      case 1:
        stock.price.move(bits);
        break;
      case 2:
        stock.price.breathe(bits);
        break;
      case 3:
        stock.bid_exchange = kExchanges[bits.take(4)];
        break;
      case 4:
        stock.ask_exchange = kExchanges[bits.take(4)];
        break;
      case 5:
      case 6:
        stock.bid_size = draw_size();
        break;
      default:
        stock.ask_size = draw_size();
    }
    const uint64_t sequence = ++quote_sequence_[stock.tape];
    // Now and then a thin symbol has nobody on one side.
    const bool one_sided = bits.take(6) == 0 && symbol > 1000;
    const auto latency = static_cast<int64_t>(bits.take(2));
    const bool indicated = bits.take(2) == 0;
    const bool conditional = bits.take(7) == 0;
    if (wants(Channel::Q, symbol)) {
      using Row = EquityQuote;
      Row row;
      row.has = Row::kHasBidExchangeId | Row::kHasAskExchangeId | Row::kHasBidPrice |
                Row::kHasAskPrice | Row::kHasBidSize | Row::kHasAskSize |
                Row::kHasParticipantTimestamp | Row::kHasTape;
      if (indicated) row.has |= Row::kHasIndicators;
      if (conditional) row.has |= Row::kHasCondition;
      row.symbol = &symbols_[symbol];
      row.condition = 1;
      row.indicators = {1, {604}};
      row.bid_exchange_id = stock.bid_exchange;
      row.bid_price = {stock.price.bid, kPriceScale};
      row.bid_size = stock.bid_size;
      if (!one_sided) {
        row.ask_exchange_id = stock.ask_exchange;
        row.ask_price = {stock.price.ask(), kPriceScale};
        row.ask_size = stock.ask_size;
      }
      row.timestamp = now_ms_;
      row.participant_timestamp = now_ms_ - latency;
      row.sequence_number = static_cast<int64_t>(sequence);
      row.tape = stock.tape;
      send(Channel::Q, symbol, row);
    }
    follow(symbol, stock);
  }

  // What follows from a quote now and then.
  void follow(uint32_t symbol, Stock& stock) {
    const uint64_t word = random_.next();
    if ((word & 3) == 0) value(symbol, stock, Channel::FMV);
    if (((word >> 2) & 1023) == 0) {
      band(symbol, stock, {1, {static_cast<int16_t>(15 + (word >> 60) % 2)}});
    }
    if (stock.tape == 1 && ((word >> 12) & 511) == 0) imbalance(symbol, stock);
    const auto chance = static_cast<uint32_t>(((word >> 32) * 1000000u) >> 32);
    // Only Nasdaq-listed ones have these messages, and the busiest stocks are hardly ever halted.
    if (stock.tape == 3 && symbol >= 40 && !stock.halted && chance < options_.halts_per_million) {
      stock.halted = true;
      stock.halted_until_ms = now_ms_ + 5000 + random_.below(25000);
      band(symbol, stock, {1, {17}});
    }
  }

  void resume(uint32_t symbol, Stock& stock) {
    stock.halted = false;
    band(symbol, stock, {1, {18}});
  }

  void trade(uint32_t symbol, Stock& stock, Bits& bits) {
    const uint64_t word = random_.next();
    const bool off_exchange = bits.take(4) < 6 || stock.otc;
    const Walk& walk = stock.price;
    int64_t price = bits.take(1) != 0 ? walk.bid : walk.ask();
    if (off_exchange) {
      // At the middle, or a little better than the quote.
      const uint32_t place = bits.take(2);
      if (place == 0) price = walk.middle();
      if (place == 1) price += price == walk.bid ? walk.tick / 10 : -walk.tick / 10;
    }
    const auto amount = static_cast<uint32_t>(word >> 32);
    int64_t size;
    switch (bits.take(3)) {
      case 0:
      case 1:
        size = 1 + amount % (2 * kShare);  // bought for an amount of money
        break;
      case 2:
      case 3:
        size = kShare * (1 + amount % 99);
        break;
      case 4:
      case 5:
      case 6:
        size = 100 * kShare;
        break;
      default:
        size = amount % 1024 == 0 ? 100 * kShare * (1 + amount / 1024 % 2500)
                                  : 100 * kShare * (1 + amount % 20);
    }
    if (!off_exchange && size < kShare) size = kShare;  // exchanges match whole shares only
    if (!off_exchange) size -= size % kShare;
    const bool late = off_exchange && random_.below(1000000) < options_.late_per_million * 8 / 3;
    int64_t latency = bits.take(2);
    if (late) latency = 1000 + random_.below(bits.take(2) == 0 ? 50000 : 8000);
    const int64_t at = bars_.add(symbol, now_ms_ - latency, price, size);
    const uint64_t sequence = ++trade_sequence_[stock.tape];
    const uint32_t id = ++stock.trade_id;
    if (wants(Channel::T, symbol)) {
      using Row = EquityTrade;
      Row row;
      row.has =
          Row::kHasId | Row::kHasParticipantTimestamp | Row::kHasTape | Row::kHasFractionalShares;
      row.symbol = &symbols_[symbol];
      char* end = row.id.text;
      if (off_exchange)
        end = put_eight(put_short(end, 7100 + id / 100000000), id % 100000000);
      else
        end = put_unsigned(end, id);
      row.id.size = static_cast<uint8_t>(end - row.id.text);
      row.exchange = stock.otc ? kOtc : off_exchange ? kTrf : kExchanges[(word >> 8) & 15];
      row.price = {price, kPriceScale};
      row.size = size / kShare;
      row.conditions = late                  ? Codes{1, {2}}
                       : size < 100 * kShare ? kOddLotConditions[word & 3]
                                             : kTradeConditions[word & 15];
      if (row.conditions.count != 0) row.has |= Row::kHasConditions;
      row.timestamp = now_ms_;
      row.participant_timestamp = at;
      row.sequence_number = static_cast<int64_t>(sequence);
      row.tape = stock.tape;
      if (off_exchange && !stock.otc) {
        row.has |= Row::kHasTrfId | Row::kHasTrfTimestamp;
        row.trf_id = 201 + static_cast<int64_t>((word >> 4) & 1);
        row.trf_timestamp = now_ms_ - static_cast<int64_t>((word >> 5) & 1);
      }
      row.fractional_shares = {size};
      send(Channel::T, symbol, row);
    }
    if ((word & 7) == 0) value(symbol, stock, Channel::LV);
  }

  void value(uint32_t symbol, const Stock& stock, uint8_t channel) {
    const int64_t time = now_ns();
    const Decimal middle{stock.price.middle(), kPriceScale};
    const SymbolText& text = symbols_[symbol];
    if (channel == Channel::FMV) {
      send_fair_value(channel, symbol, text, middle, time);
    } else {
      send_launchpad_value(channel, symbol, text, middle, time);
    }
  }

  void band(uint32_t symbol, const Stock& stock, Codes indicators) {
    const int64_t time = now_ns();
    const uint64_t sequence = ++quote_sequence_[stock.tape];
    if (!wants(Channel::LULD, symbol)) return;
    const int16_t code = indicators.values[0];
    LimitUpLimitDown row;
    const Walk& walk = stock.price;
    const int64_t width = walk.anchor / (symbol < 500 ? 20 : 10);
    if (code != 17) {
      row.high_price = {(walk.bid + width) / walk.tick * walk.tick, kPriceScale};
      row.low_price = {(walk.bid - width) / walk.tick * walk.tick, kPriceScale};
    }
    row.indicators = indicators;
    row.tape = stock.tape;
    row.symbol = &symbols_[symbol];
    row.timestamp = time;
    row.sequence_number = static_cast<int64_t>(sequence);
    send(Channel::LULD, symbol, row);
  }

  void imbalance(uint32_t symbol, Stock& stock) {
    const int64_t time = now_ns();
    Bits bits(random_.next());
    const uint32_t sequence = ++stock.imbalance_sequence;
    if (!wants(Channel::NOI, symbol)) return;
    const bool morning = now_ms_ / 3600000 % 24 < 17;
    Imbalance row;
    row.symbol = &symbols_[symbol];
    row.time_stamp = time;
    row.auction_time = morning ? 930 : 1600;
    row.auction_type.size = 1;
    row.auction_type.text[0] = morning ? "OMMM"[bits.take(2)] : "CCXR"[bits.take(2)];
    row.symbol_sequence = sequence;
    row.exchange_id = 10;
    row.imbalance_quantity = 10 * (static_cast<int64_t>(bits.take(12)) - 2048);
    row.paired_quantity = 10 * static_cast<int64_t>(bits.take(16));
    row.book_clearing_price = {stock.price.bid, kPriceScale};
    send(Channel::NOI, symbol, row);
  }

  void send_bar(const ClosedBar& closed, int64_t start, int64_t end, bool minute) override {
    const uint8_t channel = minute ? Channel::AM : Channel::A;
    if (!wants(channel, closed.symbol)) return;
    const Stock& stock = instruments_[closed.symbol];
    const Bar& bar = closed.bar;
    using Row = EquityAgg;
    Row row = make_equity_bar(symbols_[closed.symbol], closed, start, end, kPriceScale);
    row.has |= Row::kHasVolume | Row::kHasAccumulatedVolume | Row::kHasAverageSize |
               Row::kHasFractionalVolume | Row::kHasFractionalAccumulatedVolume;
    row.volume = Decimal::whole(bar.volume / kShare);
    row.accumulated_volume = Decimal::whole(closed.day_volume / kShare);
    if (stock.opened) {
      add_open(row, {bars_.day(closed.symbol).open, kPriceScale});
    }
    // The service sends a fraction here once in a few hundred bars.
    row.average_size = (start / 1000 + closed.symbol) % 499 == 0
                           ? Decimal{bar.volume / bar.trades / (kShare / 100), 2}
                           : Decimal::whole(bar.volume / bar.trades / kShare);
    if (stock.otc) {
      row.has |= Row::kHasOtc;
      row.otc = true;
    }
    row.fractional_volume = {bar.volume};
    row.fractional_accumulated_volume = {closed.day_volume};
    send(channel, closed.symbol, row);
  }

  uint64_t trade_sequence_[4] = {1000, 1000, 1000, 1000};
  uint64_t quote_sequence_[4] = {1000, 1000, 1000, 1000};
};

}  // namespace

std::unique_ptr<Market> make_stocks(const MarketOptions& options) {
  return std::make_unique<Stocks>(options, make_names(std::max(options.symbols, 1u)));
}

}  // namespace fastpoly::sim
