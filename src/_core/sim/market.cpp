#include "sim/market.hpp"

#include <algorithm>
#include <cmath>

namespace fastpoly::sim {

namespace {

// Activity falls with rank as a power, a little flattened at the top, as it does on real tapes.
std::vector<double> activity_weights(size_t count, double skew) {
  std::vector<double> weights(count);
  for (size_t rank = 0; rank < count; ++rank) {
    weights[rank] = std::pow(static_cast<double>(rank) + 2.7, -skew);
  }
  return weights;
}

}  // namespace

Market::Market(const MarketOptions& options, ChannelTable channels,
               const std::vector<std::string>& names, double skew)
    : options_(options),
      random_(options.seed),
      activity_(activity_weights(names.size(), skew)),
      trade_threshold_(
          static_cast<uint32_t>(std::clamp(options.trade_share, 0.0, 1.0) * 4294967295.0)),
      bars_(names.size(), options.bar_hold_ms),
      interest_(channels.count, names.size()),
      channels_(channels) {
  symbols_.reserve(names.size());
  for (const std::string& name : names) {
    index_.emplace(name, static_cast<uint32_t>(symbols_.size()));
    symbols_.emplace_back(name);
  }
}

void Market::advance(int64_t now_ms, uint64_t events) {
  tape_.clear();
  now_ms_ = now_ms;
  bars_.roll(now_ms);
  bars_.drain(now_ms, [this](const ClosedBar& bar, int64_t start, int64_t end, bool minute) {
    send_bar(bar, start, end, minute);
  });
  happen(events);
}

int64_t Market::find(std::string_view name) const {
  const auto found = index_.find(std::string(name));
  return found == index_.end() ? -1 : int64_t{found->second};
}

void Market::send_fair_value(uint8_t channel, uint32_t symbol, const SymbolText& text,
                             Decimal value, int64_t time) {
  if (!wants(channel, symbol)) return;
  FairMarketValue row;
  row.fmv = value;
  row.ticker = &text;
  row.timestamp = time;
  send(channel, symbol, row);
}

void Market::send_launchpad_value(uint8_t channel, uint32_t symbol, const SymbolText& text,
                                  Decimal value, int64_t time) {
  if (!wants(channel, symbol)) return;
  LaunchpadValue row;
  row.value = value;
  row.symbol = &text;
  row.timestamp = time;
  send(channel, symbol, row);
}

EquityAgg make_equity_bar(const SymbolText& text, const ClosedBar& closed, int64_t start,
                          int64_t end, int32_t price_scale) {
  const Bar& bar = closed.bar;
  EquityAgg row;
  row.has = EquityAgg::kHasVwap | EquityAgg::kHasAggregateVwap;
  row.symbol = &text;
  row.vwap = average_price(bar.notional, bar.volume, price_scale);
  row.open = {bar.open, price_scale};
  row.close = {bar.close, price_scale};
  row.high = {bar.high, price_scale};
  row.low = {bar.low, price_scale};
  row.aggregate_vwap = average_price(closed.day_notional, closed.day_volume, price_scale);
  row.start_timestamp = start;
  row.end_timestamp = end;
  return row;
}

void add_sizes(EquityAgg& row, const ClosedBar& closed, int32_t size_scale) {
  const Bar& bar = closed.bar;
  row.has |= EquityAgg::kHasVolume | EquityAgg::kHasAccumulatedVolume | EquityAgg::kHasAverageSize;
  row.volume = {bar.volume, size_scale};
  row.accumulated_volume = {closed.day_volume, size_scale};
  row.average_size = {bar.volume / bar.trades, size_scale};
}

void add_open(EquityAgg& row, Decimal price) {
  row.has |= EquityAgg::kHasOfficialOpenPrice;
  row.official_open_price = price;
}

std::unique_ptr<Market> make_market(std::string_view name, const MarketOptions& options) {
  struct Maker {
    std::string_view name;
    std::unique_ptr<Market> (*make)(const MarketOptions&);
  };
  constexpr Maker kMakers[] = {
      {"stocks", make_stocks}, {"options", make_options}, {"forex", make_forex},
      {"crypto", make_crypto}, {"indices", make_indices}, {"futures", make_futures},
  };
  for (const Maker& maker : kMakers) {
    if (maker.name == name) return maker.make(options);
  }
  return nullptr;
}

}  // namespace fastpoly::sim
