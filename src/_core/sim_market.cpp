#include "sim_market.hpp"

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

Market::Market(const MarketOptions& options, size_t channels,
               const std::vector<std::string>& names, double skew)
    : options_(options),
      random_(options.seed),
      activity_(activity_weights(names.size(), skew)),
      trade_threshold_(static_cast<uint32_t>(std::clamp(options.trade_share, 0.0, 1.0) * 4294967295.0)),
      bars_(names.size(), options.bar_hold_ms),
      interest_(channels, names.size()) {
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

std::unique_ptr<Market> make_market(std::string_view name, const MarketOptions& options) {
  if (name == "stocks") return make_stocks(options);
  return nullptr;
}

}  // namespace fastpoly::sim
