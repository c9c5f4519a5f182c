// Rows -> an Arrow struct array: first the room that every column takes, then one piece of memory
// for all of them, then the values.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>

#include "columns/arrow.hpp"
#include "columns/arrow_dictionary.hpp"
#include "columns/arrow_fill.hpp"
#include "columns/arrow_memory.hpp"
#include "rows/row.hpp"

namespace fastpoly {

namespace {

class Export {
 public:
  Export(const RowRuns& rows, const EventSpec& event, const std::vector<Spill>& spills)
      : rows_(rows), event_(event) {
    for (const Spill& spill : spills) spills_.push_back(&spill);
    std::stable_sort(spills_.begin(), spills_.end(),
                     [](const Spill* a, const Spill* b) { return a->field < b->field; });
    const Spill* const* spill = spills_.data();
    const Spill* const* const end = spill + spills_.size();
    for (int i = 0; i < event.field_count; ++i) {
      Target target = {};
      target.field = &event.fields[i];
      target.bit = static_cast<uint32_t>(i);
      target.spills = spill;
      while (spill != end && (*spill)->field == i) ++spill;
      target.spills_end = spill;
      targets_[i] = target;
    }
    survey();
  }

  void to(ArrowArray* out) {
    const int nodes = count_nodes(event_);
    size_t size = aligned(sizeof(void*)) + aligned(sizeof(ArrowArray*) * event_.field_count) +
                  aligned(sizeof(ArrayNode) * static_cast<size_t>(nodes));
    for (int i = 0; i < event_.field_count; ++i) size += buffers(targets_[i], nullptr);
    memory_ = Memory::make(size, nodes + 1);
    auto** const no_buffer = reinterpret_cast<const void**>(memory_->take(sizeof(void*)));
    auto** const children =
        reinterpret_cast<ArrowArray**>(memory_->take(sizeof(ArrowArray*) * event_.field_count));
    next_node_ =
        reinterpret_cast<ArrayNode*>(memory_->take(sizeof(ArrayNode) * static_cast<size_t>(nodes)));
    for (int i = 0; i < event_.field_count; ++i) buffers(targets_[i], memory_);
    fill();
    *no_buffer = nullptr;
    for (int i = 0; i < event_.field_count; ++i) children[i] = column(targets_[i]);
    *out = {length(),
            0,
            0,
            1,
            event_.field_count,
            no_buffer,
            children,
            nullptr,
            release_node<ArrowArray>,
            memory_};
  }

 private:
  int64_t length() const { return static_cast<int64_t>(rows_.rows()); }

  // Finds which columns have nulls, and how much room those of varying size take.
  void survey() {
    struct Sized {
      size_t offset;  // of the byte that has the size
      size_t total;
      Target* target;
    };
    Sized sized[kMaxFields];
    int count = 0;
    for (int i = 0; i < event_.field_count; ++i) {
      const FieldSpec& field = event_.fields[i];
      if (field.kind == Kind::kText || field.kind == Kind::kDecimal)
        sized[count++] = {size_t{field.offset} + field.width, 0, &targets_[i]};
      else if (field.kind == Kind::kCodes)  // a list has seven at most: the low byte says it all
        sized[count++] = {field.offset + offsetof(Codes, size), 0, &targets_[i]};
    }
    const size_t symbol_at = symbol_offset(event_);
    everywhere_ = ~uint32_t{0};
    rows_.each_row([&](const char* row) {
      // Symbols are all over the memory; the dictionary wants them next.
      const Symbol* symbol;
      std::memcpy(&symbol, row + symbol_at, sizeof symbol);
      __builtin_prefetch(symbol);
      everywhere_ &= reinterpret_cast<const RowHead*>(row)->plain;
      for (int i = 0; i < count; ++i)
        sized[i].total += static_cast<unsigned char>(row[sized[i].offset]);
    });
    for (int i = 0; i < count; ++i) {
      const bool list = sized[i].target->field->kind == Kind::kCodes;
      (list ? sized[i].target->items : sized[i].target->bytes) = sized[i].total;
    }
    for (int i = 0; i < event_.field_count; ++i) survey(targets_[i]);
  }

  void survey(Target& target) {
    for (const Spill* const* spill = target.spills; spill != target.spills_end; ++spill) {
      target.bytes += (*spill)->text.size();
      target.items += (*spill)->codes.size() + (*spill)->levels.size();
      for (const std::vector<double>& level : (*spill)->levels) target.inner += level.size();
    }
    if (target.field->kind == Kind::kSymbol) {
      dictionary_.fill(rows_, *target.field, target.spills, target.spills_end);
      target.bytes = dictionary_.bytes;
    }
    if (std::max({target.bytes, target.items, target.inner}) > INT32_MAX)
      throw std::overflow_error("a column of this batch is over 2 GiB; take slices of it");
  }

  // Hands out a column's buffers; without memory, only says how many bytes they take.
  size_t buffers(Target& target, Memory* memory) {
    size_t total = 0;
    auto take = [&](size_t size) -> char* {
      total += aligned(size);
      return memory == nullptr ? nullptr : memory->take(size);
    };
    auto take_offsets = [&](size_t count) {
      return reinterpret_cast<int32_t*>(take((count + 1) * sizeof(int32_t)));
    };
    const size_t rows = rows_.rows();
    const size_t words = (rows + kBlock - 1) / kBlock * sizeof(uint64_t);
    // A time beyond 64 bits of nanoseconds is null although it was sent.
    if ((everywhere_ >> target.bit & 1) == 0 || target.field->kind == Kind::kEpoch)
      target.validity = reinterpret_cast<uint64_t*>(take(words));
    switch (target.field->kind) {
      case Kind::kSymbol:
        target.values = take(rows * sizeof(int32_t));
        target.inner_offsets = take_offsets(dictionary_.entries.size());
        target.inner_values = take(target.bytes + kOvershoot);
        break;
      case Kind::kText:
      case Kind::kDecimal:
        target.offsets = take_offsets(rows);
        target.values = take(target.bytes + kOvershoot);
        break;
      case Kind::kCodes:
        target.offsets = take_offsets(rows);
        target.values = take(target.items * sizeof(int64_t) + kOvershoot);
        break;
      case Kind::kLevels:
        target.offsets = take_offsets(rows);
        target.inner_offsets = take_offsets(target.items);
        target.inner_values = take(target.inner * sizeof(double) + kOvershoot);
        break;
      case Kind::kFlag:
        target.values = take(words);
        break;
      default:
        target.values = take(rows * sizeof(int64_t));
    }
    return total;
  }

  void fill() {
    for (int i = 0; i < event_.field_count; ++i) {
      Target& target = targets_[i];
      if (target.field->kind == Kind::kSymbol) fill_dictionary(target);
      // An array without rows has these too.
      if (target.offsets != nullptr) *target.offsets = 0;
      if (target.field->kind == Kind::kLevels) *target.inner_offsets = 0;
    }
    Block block;
    rows_.each_row([&](const char* row) {
      block.rows[block.count++] = row;
      if (block.count == kBlock) fill(block);
    });
    if (block.count != 0) fill(block);
  }

  void fill_dictionary(Target& target) {
    const size_t rows = rows_.rows();
    if (rows != 0) std::memcpy(target.values, dictionary_.indices.data(), rows * sizeof(int32_t));
    int32_t at = 0;
    int32_t* offset = target.inner_offsets;
    for (const Dictionary::Entry& entry : dictionary_.entries) {
      *offset++ = at;
      std::memcpy(target.inner_values + at, entry.text, entry.size);
      at += static_cast<int32_t>(entry.size);
    }
    *offset = at;
    dictionary_.trim();
  }

  void fill(Block& block) {
    uint32_t plain[kBlock];
    for (size_t i = 0; i < block.count; ++i)
      plain[i] = reinterpret_cast<const RowHead*>(block.rows[i])->plain;
    for (int i = 0; i < event_.field_count; ++i) {
      Target& target = targets_[i];
      uint64_t valid = 0;
      if (target.validity != nullptr) valid = validity(block, plain, target);
      put(block, target, valid);
      while (target.spill_within(block.first + block.count)) ++target.spills;
      if (target.validity != nullptr) {
        target.validity[block.first / kBlock] = valid;
        target.nulls += block.count - static_cast<size_t>(__builtin_popcountll(valid));
      }
    }
    block.first += block.count;
    block.count = 0;
  }

  ArrowArray* node(size_t length, const void* validity, const void* second, const void* third) {
    ArrayNode& node = *next_node_++;
    node.buffers[0] = validity;
    node.buffers[1] = second;
    node.buffers[2] = third;
    node.array = {static_cast<int64_t>(length),
                  0,
                  0,
                  third == nullptr ? 2 : 3,
                  0,
                  node.buffers,
                  nullptr,
                  nullptr,
                  release_node<ArrowArray>,
                  memory_};
    return &node.array;
  }

  static void adopt(ArrowArray* parent, ArrowArray* child) {
    parent->children = &reinterpret_cast<ArrayNode*>(parent)->child;
    *parent->children = child;
    parent->n_children = 1;
  }

  ArrowArray* column(const Target& target) {
    const size_t rows = rows_.rows();
    const void* const validity = target.nulls == 0 ? nullptr : target.validity;
    ArrowArray* array;
    switch (target.field->kind) {
      case Kind::kText:
      case Kind::kDecimal:
        array = node(rows, validity, target.offsets, target.values);
        break;
      case Kind::kCodes:
        array = node(rows, validity, target.offsets, nullptr);
        adopt(array, node(target.items, nullptr, target.values, nullptr));
        break;
      case Kind::kLevels: {
        array = node(rows, validity, target.offsets, nullptr);
        ArrowArray* const inner = node(target.items, nullptr, target.inner_offsets, nullptr);
        adopt(inner, node(target.inner, nullptr, target.inner_values, nullptr));
        adopt(array, inner);
        break;
      }
      case Kind::kSymbol:
        array = node(rows, validity, target.values, nullptr);
        array->dictionary =
            node(dictionary_.entries.size(), nullptr, target.inner_offsets, target.inner_values);
        break;
      default:
        array = node(rows, validity, target.values, nullptr);
    }
    array->null_count = static_cast<int64_t>(target.nulls);
    return array;
  }

  static thread_local Dictionary dictionary_;

  const RowRuns& rows_;
  const EventSpec& event_;
  std::vector<const Spill*> spills_;  // by field, then by row
  Target targets_[kMaxFields];
  uint32_t everywhere_;
  Memory* memory_ = nullptr;
  ArrayNode* next_node_ = nullptr;
};

thread_local Dictionary Export::dictionary_;

}  // namespace

uint32_t foreign_fields(const RowRuns& rows) {
  uint32_t fields = 0;
  rows.each_row([&](const char* row) { fields |= reinterpret_cast<const RowHead*>(row)->foreign; });
  return fields;
}

void export_array(const RowRuns& rows, const EventSpec& event, const std::vector<Spill>& spills,
                  ArrowArray* out) {
  Export(rows, event, spills).to(out);
}

}  // namespace fastpoly
