// Seeded randomness of the simulator, without hidden state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fastpoly::sim {

// xoshiro256**, seeded through splitmix64 as its authors advise.
class Random {
 public:
  explicit Random(uint64_t seed) {
    for (uint64_t& word : state_) {
      seed += 0x9e3779b97f4a7c15u;
      uint64_t mixed = seed;
      mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
      mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
      word = mixed ^ (mixed >> 31);
    }
  }

  uint64_t next() {
    const uint64_t result = rotate(state_[1] * 5, 7) * 9;
    const uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = rotate(state_[3], 45);
    return result;
  }

  // A whole number in [0, bound); bound > 0.
  uint32_t below(uint32_t bound) { return static_cast<uint32_t>(((next() >> 32) * bound) >> 32); }

  // A number in [0, 1).
  double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }

  // Near enough to a standard normal for prices.
  double bell() {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += unit();
    return sum;
  }

 private:
  static uint64_t rotate(uint64_t value, int by) { return (value << by) | (value >> (64 - by)); }

  uint64_t state_[4];
};

// One random word, spent a few bits at a time.
class Bits {
 public:
  explicit Bits(uint64_t word) : word_(word) {}

  uint32_t take(int count) {
    const auto bits = static_cast<uint32_t>(word_ & ((uint64_t{1} << count) - 1));
    word_ >>= count;
    return bits;
  }

 private:
  uint64_t word_;
};

// Walker's alias table: draws an index with the given weights in constant time.
class AliasTable {
 public:
  AliasTable() = default;

  explicit AliasTable(const std::vector<double>& weights) {
    const size_t count = weights.size();
    double sum = 0;
    for (double weight : weights) sum += weight;
    std::vector<double> scaled(count);
    std::vector<uint32_t> small, large;
    for (size_t i = 0; i < count; ++i) {
      scaled[i] = weights[i] * static_cast<double>(count) / sum;
      (scaled[i] < 1 ? small : large).push_back(static_cast<uint32_t>(i));
    }
    cells_.resize(count);
    while (!small.empty() && !large.empty()) {
      const uint32_t low = small.back(), high = large.back();
      small.pop_back();
      cells_[low] = {static_cast<uint32_t>(scaled[low] * 4294967295.0), high};
      scaled[high] -= 1 - scaled[low];
      if (scaled[high] < 1) {
        large.pop_back();
        small.push_back(high);
      }
    }
    for (uint32_t i : small) cells_[i] = {0xffffffffu, i};
    for (uint32_t i : large) cells_[i] = {0xffffffffu, i};
  }

  uint32_t draw(Random& random) const {
    const uint64_t word = random.next();
    const auto index = static_cast<uint32_t>(((word >> 32) * cells_.size()) >> 32);
    const Cell& cell = cells_[index];
    return static_cast<uint32_t>(word) <= cell.threshold ? index : cell.other;
  }

 private:
  struct Cell {
    uint32_t threshold;
    uint32_t other;
  };
  std::vector<Cell> cells_;
};

}  // namespace fastpoly::sim
