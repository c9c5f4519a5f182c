// Synthetic crypto pairs: trades and quotes of several exchanges, bars, books, values.
#include <array>
#include <cmath>
#include <string>

#include "sim/market.hpp"

namespace fastpoly::sim {

namespace {

using Channel = CryptoChannel;

constexpr uint8_t kExchanges[8] = {1, 1, 1, 2, 6, 10, 23, 23};
constexpr uint32_t kBookLevels = 20;

struct Coin {
  const char* code;
  double dollars;
};

constexpr Coin kCoins[] = {
    {"BTC", 91500},      {"ETH", 3120},       {"SOL", 140},   {"XRP", 2.21},  {"DOGE", 0.151},
    {"ADA", 0.44},       {"AVAX", 14.2},      {"LINK", 13.4}, {"LTC", 84.3},  {"DOT", 2.31},
    {"SHIB", 0.0000086}, {"PEPE", 0.0000047}, {"UNI", 6.1},   {"BCH", 545.2}, {"XLM", 0.252},
    {"ATOM", 2.55},      {"NEAR", 1.9},       {"APT", 2.6},   {"ARB", 0.22},  {"FIL", 1.65}};
constexpr Coin kMonies[] = {
    {"USD", 1}, {"EUR", 1.167}, {"GBP", 1.333}, {"BTC", 91500}, {"JPY", 0.00661}};

struct Listing {
  std::string name;
  double price;
  double coin_dollars;
};

// Known coins against dollars first, then against other money, then made-up coins.
std::vector<Listing> make_listings(uint32_t count) {
  std::vector<Listing> listings;
  for (const Coin& money : kMonies) {
    for (const Coin& coin : kCoins) {
      if (std::string_view(coin.code) == money.code || listings.size() == count) continue;
      listings.push_back(
          {std::string(coin.code) + "-" + money.code, coin.dollars / money.dollars, coin.dollars});
    }
  }
  for (uint32_t serial = 0; listings.size() < count; ++serial) {
    std::string code;
    for (uint32_t rest = serial * 7919u % 64000u, i = 0; i < 3; ++i, rest /= 20) {
      code += "BCDFGHJKLMNPQRSTVWXZ"[rest % 20];
    }
    if (serial >= 8000) code += std::to_string(serial / 8000);
    const double price = 0.02 * (1 + serial % 977);
    listings.push_back({code + "-USD", price, price});
  }
  return listings;
}

std::vector<std::string> names_of(const std::vector<Listing>& listings) {
  std::vector<std::string> names;
  for (const Listing& listing : listings) names.push_back(listing.name);
  return names;
}

struct Pair {
  Walk price;
  int32_t scale = 2;       // of prices
  int32_t size_scale = 8;  // of amounts of coins
  uint32_t typical = 1;    // amount, in its unit
  uint32_t trade_id = 0;
};

class Crypto final : public TradedMarket<Crypto, Pair> {
 public:
  Crypto(const MarketOptions& options, const std::vector<Listing>& listings)
      : TradedMarket(options, ChannelTable::of<Channel>(), names_of(listings), 0.95) {
    for (uint32_t symbol = 0; symbol < instruments_.size(); ++symbol)
      list(symbol, listings[symbol]);
  }

 private:
  friend TradedMarket;

  void list(uint32_t symbol, const Listing& listing) {
    prefixed_.emplace_back("X:" + listing.name);
    Pair& pair = instruments_[symbol];
    // Five to seven digits of price.
    pair.scale = 2;
    double scaled = listing.price * 100;
    while (scaled < 20000 && pair.scale < 11) {
      scaled *= 10;
      ++pair.scale;
    }
    pair.price.start(static_cast<int64_t>(scaled), 1, 30, random_);
    // A typical trade is worth two hundred dollars, and written with about five digits.
    const double amount = 200 / listing.coin_dollars;
    pair.size_scale = amount > 100000 ? 0 : amount > 100 ? 3 : amount > 0.1 ? 6 : 8;
    pair.typical =
        static_cast<uint32_t>(amount * static_cast<double>(kPowersOfTen[pair.size_scale])) + 1;
    Day& day = bars_.day(symbol);
    day.open = pair.price.anchor;
    day.volume = static_cast<int64_t>(pair.typical) * (1 + random_.below(5000));
    day.notional = static_cast<double>(day.volume) * static_cast<double>(pair.price.anchor);
  }

  // Small amounts far more often than large ones.
  int64_t draw_amount(const Pair& pair) {
    const uint64_t word = random_.next();
    const uint64_t amount = 1 + (word >> 32) % pair.typical;
    const auto size = static_cast<int64_t>(word & 15);
    return static_cast<int64_t>(size == 0 ? amount * 40 : size < 5 ? amount / 100 + 1 : amount);
  }

  void trade(uint32_t symbol, Pair& pair, Bits& bits) {
    const int64_t price = bits.take(1) != 0 ? pair.price.bid : pair.price.ask();
    const int64_t amount = draw_amount(pair);
    const uint8_t exchange = kExchanges[bits.take(3)];
    const uint32_t kind = bits.take(5);
    const auto latency = static_cast<int64_t>(bits.take(2));
    const bool named = bits.take(4) != 0;
    const int64_t at = bars_.add(symbol, now_ms_ - latency, price, amount);
    const uint64_t word = random_.next(), more = random_.next();
    ++pair.trade_id;
    if (!wants(Channel::XT, symbol)) return;
    CryptoTrade row;
    row.has = CryptoTrade::kHasConditions;
    row.pair = &symbols_[symbol];
    row.price = {price, pair.scale};
    row.timestamp = at;
    row.size = {amount, pair.size_scale};
    // The seller's side, the buyer's, or nothing, which is written in two ways.
    row.conditions = kind == 0   ? Codes{}
                     : kind == 1 ? Codes{1, {0}}
                                 : Codes{1, {static_cast<int16_t>(1 + (kind & 1))}};
    if (named) {
      row.has |= CryptoTrade::kHasId;
      if (exchange == 23) {
        put_uuid(row.id, word, more);
      } else {
        row.id.size = static_cast<uint8_t>(put_unsigned(row.id.text, 715310000u + pair.trade_id) -
                                           row.id.text);
      }
    }
    row.exchange = exchange;
    row.received_timestamp = now_ms_;
    send(Channel::XT, symbol, row);
  }

  static void put_uuid(ShortText& text, uint64_t high, uint64_t low) {
    char* out = text.text;
    for (int digit = 0; digit < 32; ++digit) {
      if (digit == 8 || digit == 12 || digit == 16 || digit == 20) *out++ = '-';
      uint64_t& word = digit < 16 ? high : low;
      *out++ = "0123456789abcdef"[word & 15];
      word >>= 4;
    }
    text.size = 36;
  }

  void quote(uint32_t symbol, Pair& pair, Bits& bits) {
    pair.price.move(bits);
    if (bits.take(1) != 0) pair.price.breathe(bits);
    const uint8_t exchange = kExchanges[bits.take(3)];
    const auto latency = static_cast<int64_t>(bits.take(2));
    const int64_t bid_size = draw_amount(pair), ask_size = draw_amount(pair);
    if (wants(Channel::XQ, symbol)) {
      CryptoQuote row;
      row.has = CryptoQuote::kHasLastPrice | CryptoQuote::kHasLastSize;
      row.pair = &symbols_[symbol];
      row.bid_price = {pair.price.bid, pair.scale};
      row.bid_size = {bid_size, pair.size_scale};
      row.ask_price = {pair.price.ask(), pair.scale};
      row.ask_size = {ask_size, pair.size_scale};
      row.timestamp = now_ms_ - latency;
      row.exchange_id = exchange;
      row.received_timestamp = now_ms_;
      send(Channel::XQ, symbol, row);
    }
    if (bits.take(3) == 0) consolidate(symbol, pair, bid_size, ask_size, exchange);
    if (bits.take(4) == 0) book(symbol, pair, exchange);
    if (bits.take(2) == 0) value(symbol, pair);
  }

  void consolidate(uint32_t symbol, const Pair& pair, int64_t bid_size, int64_t ask_size,
                   uint8_t exchange) {
    if (!wants(Channel::XS, symbol)) return;
    ConsolidatedQuote row;
    row.pair = &symbols_[symbol];
    row.ask_size = {ask_size, pair.size_scale};
    row.ask_price = {pair.price.ask(), pair.scale};
    row.ask_exchange_id = exchange;
    row.bid_size = {bid_size, pair.size_scale};
    row.bid_price = {pair.price.bid, pair.scale};
    row.bid_exchange_id = 1;
    row.timestamp = now_ms_;
    send(Channel::XS, symbol, row);
  }

  void book(uint32_t symbol, const Pair& pair, uint8_t exchange) {
    std::array<Level, kBookLevels> bids, asks;
    uint32_t depth = 0;
    for (; depth < kBookLevels && pair.price.bid > depth * pair.price.tick; ++depth) {
      const int64_t away = depth * pair.price.tick;
      bids[depth] = {{pair.price.bid - away, pair.scale}, {draw_amount(pair), pair.size_scale}};
      asks[depth] = {{pair.price.ask() + away, pair.scale}, {draw_amount(pair), pair.size_scale}};
    }
    if (!wants(Channel::XL2, symbol)) return;
    Level2Book row;
    row.pair = &symbols_[symbol];
    row.timestamp = row.received_timestamp = now_ms_;
    row.exchange_id = exchange;
    row.bid_prices = {bids.data(), depth};
    row.ask_prices = {asks.data(), depth};
    send(Channel::XL2, symbol, row, 2 * kBookLevels * kMaxLevelText);
  }

  void value(uint32_t symbol, const Pair& pair) {
    const Decimal middle{pair.price.middle(), pair.scale};
    // In ms here and in ns in the other markets: the service has sent both.
    send_fair_value(Channel::FMV, symbol, prefixed_[symbol], middle, now_ms_);
    send_launchpad_value(Channel::LV, symbol, prefixed_[symbol], middle, now_ms_ * 1000000);
  }

  void send_bar(const ClosedBar& closed, int64_t start, int64_t end, bool minute) override {
    const uint32_t symbol = closed.symbol;
    const Pair& pair = instruments_[symbol];
    const Bar& bar = closed.bar;
    const uint8_t channel = minute ? Channel::XA : Channel::XAS;
    if (wants(channel, symbol)) {
      using Row = CurrencyAgg;
      Row row;
      row.has = Row::kHasVwap | Row::kHasAvgTradeSize | Row::kHasEndTimestamp;
      row.pair = &symbols_[symbol];
      row.volume = {bar.volume, pair.size_scale};
      row.vwap = average_price(bar.notional, bar.volume, pair.scale);
      row.avg_trade_size = {bar.volume / bar.trades, pair.size_scale};
      row.open = {bar.open, pair.scale};
      row.close = {bar.close, pair.scale};
      row.high = {bar.high, pair.scale};
      row.low = {bar.low, pair.scale};
      row.start_timestamp = start;
      row.end_timestamp = end;
      send(channel, symbol, row);
    }
    if (minute && wants(Channel::AM, symbol)) {
      EquityAgg row = make_equity_bar(prefixed_[symbol], closed, start, end, pair.scale);
      add_sizes(row, closed, pair.size_scale);
      add_open(row, {bars_.day(symbol).open, pair.scale});
      send(Channel::AM, symbol, row);
    }
  }

  std::vector<SymbolText> prefixed_;
};

}  // namespace

std::unique_ptr<Market> make_crypto(const MarketOptions& options) {
  return std::make_unique<Crypto>(options, make_listings(std::max(options.symbols, 1u)));
}

}  // namespace fastpoly::sim
