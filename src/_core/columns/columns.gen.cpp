// Generated from src/fastpoly/schema.py by src/_core/codegen/columns.py. Do not edit.
#include <cstddef>
#include <cstring>

#include "columns/arrow.hpp"
#include "columns/gather.hpp"
#include "rows/epoch.hpp"
#include "rows/events.gen.hpp"

namespace fastpoly {

namespace {

template <int W>
struct EquityTradeRecord {
  char32_t symbol_[W];
  char32_t id_[23];
  int64_t exchange_;
  double price_;
  int64_t size_;
  int16_t conditions_[Codes::kMax];
  int64_t timestamp_;
  int64_t participant_timestamp_;
  int64_t sequence_number_;
  int64_t tape_;
  int64_t trf_id_;
  int64_t trf_timestamp_;
  double fractional_shares_;
};

template <int W>
void gather_EquityTrade(const char* rows, size_t count, char* records, Gathered& seen) {
  using Row = EquityTradeRow;
  using Record = EquityTradeRecord<W>;
  static_assert(offsetof(Record, id_) + sizeof(Record::id_) + sizeof(char32_t) <=
                sizeof(Record));
  static_assert(offsetof(Record, participant_timestamp_) - offsetof(Record, timestamp_) ==
                offsetof(Row, participant_timestamp_) - offsetof(Row, timestamp_));
  static_assert(offsetof(Record, sequence_number_) - offsetof(Record, timestamp_) ==
                offsetof(Row, sequence_number_) - offsetof(Row, timestamp_));
  static_assert(offsetof(Record, tape_) - offsetof(Record, timestamp_) ==
                offsetof(Row, tape_) - offsetof(Row, timestamp_));
  static_assert(offsetof(Record, trf_id_) - offsetof(Record, timestamp_) ==
                offsetof(Row, trf_id_) - offsetof(Row, timestamp_));
  static_assert(offsetof(Record, trf_timestamp_) - offsetof(Record, timestamp_) ==
                offsetof(Row, trf_timestamp_) - offsetof(Row, timestamp_));
  const Row* row = reinterpret_cast<const Row*>(rows);
  Record* record = reinterpret_cast<Record*>(records);
  uint32_t foreign = seen.foreign, widest = seen.widest;
  for (size_t i = 0; i < count && i < kAhead; ++i) __builtin_prefetch(row[i].symbol_);
  for (; count > 0; --count, ++row, ++record) {
    if (count > kAhead) __builtin_prefetch(row[kAhead].symbol_);
    foreign |= row->head.foreign;
    put_symbol<W>(row->symbol_, record->symbol_, widest);
    put_text(row->id_, record->id_);
    copy_bytes<offsetof(Record, exchange_) + sizeof(Record::exchange_) -
               offsetof(Record, exchange_)>(
        row, offsetof(Row, exchange_), record, offsetof(Record, exchange_));
    copy_bytes<offsetof(Record, price_) + sizeof(Record::price_) -
               offsetof(Record, price_)>(
        row, offsetof(Row, price_), record, offsetof(Record, price_));
    copy_bytes<offsetof(Record, size_) + sizeof(Record::size_) -
               offsetof(Record, size_)>(
        row, offsetof(Row, size_), record, offsetof(Record, size_));
    copy_bytes<offsetof(Record, conditions_) + sizeof(Codes) -
               offsetof(Record, conditions_)>(
        row, offsetof(Row, conditions_), record, offsetof(Record, conditions_));
    copy_bytes<offsetof(Record, trf_timestamp_) + sizeof(Record::trf_timestamp_) -
               offsetof(Record, timestamp_)>(
        row, offsetof(Row, timestamp_), record, offsetof(Record, timestamp_));
    record->fractional_shares_ = decimal_value(row->fractional_shares_);
  }
  seen.foreign = foreign;
  seen.widest = widest;
}

template <int W>
const uint16_t kEquityTradeOffsets[] = {
    offsetof(EquityTradeRecord<W>, symbol_),
    offsetof(EquityTradeRecord<W>, id_),
    offsetof(EquityTradeRecord<W>, exchange_),
    offsetof(EquityTradeRecord<W>, price_),
    offsetof(EquityTradeRecord<W>, size_),
    offsetof(EquityTradeRecord<W>, conditions_),
    offsetof(EquityTradeRecord<W>, timestamp_),
    offsetof(EquityTradeRecord<W>, participant_timestamp_),
    offsetof(EquityTradeRecord<W>, sequence_number_),
    offsetof(EquityTradeRecord<W>, tape_),
    offsetof(EquityTradeRecord<W>, trf_id_),
    offsetof(EquityTradeRecord<W>, trf_timestamp_),
    offsetof(EquityTradeRecord<W>, fractional_shares_),
};

template <int W>
struct EquityQuoteRecord {
  char32_t symbol_[W];
  int64_t condition_;
  int16_t indicators_[Codes::kMax];
  int64_t bid_exchange_id_;
  int64_t ask_exchange_id_;
  double bid_price_;
  double ask_price_;
  int64_t bid_size_;
  int64_t ask_size_;
  int64_t timestamp_;
  int64_t participant_timestamp_;
  int64_t sequence_number_;
  int64_t tape_;
  int64_t trf_id_;
  int64_t trf_timestamp_;
};

template <int W>
void gather_EquityQuote(const char* rows, size_t count, char* records, Gathered& seen) {
  using Row = EquityQuoteRow;
  using Record = EquityQuoteRecord<W>;
  static_assert(offsetof(Record, ask_exchange_id_) - offsetof(Record, bid_exchange_id_) ==
                offsetof(Row, ask_exchange_id_) - offsetof(Row, bid_exchange_id_));
  static_assert(offsetof(Record, ask_price_) - offsetof(Record, bid_price_) ==
                offsetof(Row, ask_price_) - offsetof(Row, bid_price_));
  static_assert(offsetof(Record, ask_size_) - offsetof(Record, bid_size_) ==
                offsetof(Row, ask_size_) - offsetof(Row, bid_size_));
  static_assert(offsetof(Record, timestamp_) - offsetof(Record, bid_size_) ==
                offsetof(Row, timestamp_) - offsetof(Row, bid_size_));
  static_assert(offsetof(Record, participant_timestamp_) - offsetof(Record, bid_size_) ==
                offsetof(Row, participant_timestamp_) - offsetof(Row, bid_size_));
  static_assert(offsetof(Record, sequence_number_) - offsetof(Record, bid_size_) ==
                offsetof(Row, sequence_number_) - offsetof(Row, bid_size_));
  static_assert(offsetof(Record, tape_) - offsetof(Record, bid_size_) ==
                offsetof(Row, tape_) - offsetof(Row, bid_size_));
  static_assert(offsetof(Record, trf_id_) - offsetof(Record, bid_size_) ==
                offsetof(Row, trf_id_) - offsetof(Row, bid_size_));
  static_assert(offsetof(Record, trf_timestamp_) - offsetof(Record, bid_size_) ==
                offsetof(Row, trf_timestamp_) - offsetof(Row, bid_size_));
  const Row* row = reinterpret_cast<const Row*>(rows);
  Record* record = reinterpret_cast<Record*>(records);
  uint32_t foreign = seen.foreign, widest = seen.widest;
  for (size_t i = 0; i < count && i < kAhead; ++i) __builtin_prefetch(row[i].symbol_);
  for (; count > 0; --count, ++row, ++record) {
    if (count > kAhead) __builtin_prefetch(row[kAhead].symbol_);
    foreign |= row->head.foreign;
    put_symbol<W>(row->symbol_, record->symbol_, widest);
    copy_bytes<offsetof(Record, condition_) + sizeof(Record::condition_) -
               offsetof(Record, condition_)>(
        row, offsetof(Row, condition_), record, offsetof(Record, condition_));
    copy_bytes<offsetof(Record, indicators_) + sizeof(Codes) -
               offsetof(Record, indicators_)>(
        row, offsetof(Row, indicators_), record, offsetof(Record, indicators_));
    copy_bytes<offsetof(Record, ask_exchange_id_) + sizeof(Record::ask_exchange_id_) -
               offsetof(Record, bid_exchange_id_)>(
        row, offsetof(Row, bid_exchange_id_), record, offsetof(Record, bid_exchange_id_));
    copy_bytes<offsetof(Record, ask_price_) + sizeof(Record::ask_price_) -
               offsetof(Record, bid_price_)>(
        row, offsetof(Row, bid_price_), record, offsetof(Record, bid_price_));
    copy_bytes<offsetof(Record, trf_timestamp_) + sizeof(Record::trf_timestamp_) -
               offsetof(Record, bid_size_)>(
        row, offsetof(Row, bid_size_), record, offsetof(Record, bid_size_));
  }
  seen.foreign = foreign;
  seen.widest = widest;
}

template <int W>
const uint16_t kEquityQuoteOffsets[] = {
    offsetof(EquityQuoteRecord<W>, symbol_),
    offsetof(EquityQuoteRecord<W>, condition_),
    offsetof(EquityQuoteRecord<W>, indicators_),
    offsetof(EquityQuoteRecord<W>, bid_exchange_id_),
    offsetof(EquityQuoteRecord<W>, ask_exchange_id_),
    offsetof(EquityQuoteRecord<W>, bid_price_),
    offsetof(EquityQuoteRecord<W>, ask_price_),
    offsetof(EquityQuoteRecord<W>, bid_size_),
    offsetof(EquityQuoteRecord<W>, ask_size_),
    offsetof(EquityQuoteRecord<W>, timestamp_),
    offsetof(EquityQuoteRecord<W>, participant_timestamp_),
    offsetof(EquityQuoteRecord<W>, sequence_number_),
    offsetof(EquityQuoteRecord<W>, tape_),
    offsetof(EquityQuoteRecord<W>, trf_id_),
    offsetof(EquityQuoteRecord<W>, trf_timestamp_),
};

template <int W>
struct EquityAggRecord {
  char32_t symbol_[W];
  double volume_;
  double accumulated_volume_;
  double official_open_price_;
  double vwap_;
  double open_;
  double close_;
  double high_;
  double low_;
  double aggregate_vwap_;
  double average_size_;
  int64_t start_timestamp_;
  int64_t end_timestamp_;
  uint8_t otc_;
  double fractional_volume_;
  double fractional_accumulated_volume_;
};

template <int W>
void gather_EquityAgg(const char* rows, size_t count, char* records, Gathered& seen) {
  using Row = EquityAggRow;
  using Record = EquityAggRecord<W>;
  static_assert(offsetof(Record, accumulated_volume_) - offsetof(Record, volume_) ==
                offsetof(Row, accumulated_volume_) - offsetof(Row, volume_));
  static_assert(offsetof(Record, official_open_price_) - offsetof(Record, volume_) ==
                offsetof(Row, official_open_price_) - offsetof(Row, volume_));
  static_assert(offsetof(Record, vwap_) - offsetof(Record, volume_) ==
                offsetof(Row, vwap_) - offsetof(Row, volume_));
  static_assert(offsetof(Record, open_) - offsetof(Record, volume_) ==
                offsetof(Row, open_) - offsetof(Row, volume_));
  static_assert(offsetof(Record, close_) - offsetof(Record, volume_) ==
                offsetof(Row, close_) - offsetof(Row, volume_));
  static_assert(offsetof(Record, high_) - offsetof(Record, volume_) ==
                offsetof(Row, high_) - offsetof(Row, volume_));
  static_assert(offsetof(Record, low_) - offsetof(Record, volume_) ==
                offsetof(Row, low_) - offsetof(Row, volume_));
  static_assert(offsetof(Record, aggregate_vwap_) - offsetof(Record, volume_) ==
                offsetof(Row, aggregate_vwap_) - offsetof(Row, volume_));
  static_assert(offsetof(Record, average_size_) - offsetof(Record, volume_) ==
                offsetof(Row, average_size_) - offsetof(Row, volume_));
  static_assert(offsetof(Record, end_timestamp_) - offsetof(Record, start_timestamp_) ==
                offsetof(Row, end_timestamp_) - offsetof(Row, start_timestamp_));
  static_assert(offsetof(Record, otc_) + sizeof(uint64_t) <=
                sizeof(Record));
  const Row* row = reinterpret_cast<const Row*>(rows);
  Record* record = reinterpret_cast<Record*>(records);
  uint32_t foreign = seen.foreign, widest = seen.widest;
  for (size_t i = 0; i < count && i < kAhead; ++i) __builtin_prefetch(row[i].symbol_);
  for (; count > 0; --count, ++row, ++record) {
    if (count > kAhead) __builtin_prefetch(row[kAhead].symbol_);
    foreign |= row->head.foreign;
    put_symbol<W>(row->symbol_, record->symbol_, widest);
    copy_bytes<offsetof(Record, average_size_) + sizeof(Record::average_size_) -
               offsetof(Record, volume_)>(
        row, offsetof(Row, volume_), record, offsetof(Record, volume_));
    copy_bytes<offsetof(Record, end_timestamp_) + sizeof(Record::end_timestamp_) -
               offsetof(Record, start_timestamp_)>(
        row, offsetof(Row, start_timestamp_), record, offsetof(Record, start_timestamp_));
    put_flag(row->otc_, &record->otc_);
    record->fractional_volume_ = decimal_value(row->fractional_volume_);
    record->fractional_accumulated_volume_ = decimal_value(row->fractional_accumulated_volume_);
  }
  seen.foreign = foreign;
  seen.widest = widest;
}

template <int W>
const uint16_t kEquityAggOffsets[] = {
    offsetof(EquityAggRecord<W>, symbol_),
    offsetof(EquityAggRecord<W>, volume_),
    offsetof(EquityAggRecord<W>, accumulated_volume_),
    offsetof(EquityAggRecord<W>, official_open_price_),
    offsetof(EquityAggRecord<W>, vwap_),
    offsetof(EquityAggRecord<W>, open_),
    offsetof(EquityAggRecord<W>, close_),
    offsetof(EquityAggRecord<W>, high_),
    offsetof(EquityAggRecord<W>, low_),
    offsetof(EquityAggRecord<W>, aggregate_vwap_),
    offsetof(EquityAggRecord<W>, average_size_),
    offsetof(EquityAggRecord<W>, start_timestamp_),
    offsetof(EquityAggRecord<W>, end_timestamp_),
    offsetof(EquityAggRecord<W>, otc_),
    offsetof(EquityAggRecord<W>, fractional_volume_),
    offsetof(EquityAggRecord<W>, fractional_accumulated_volume_),
};

template <int W>
struct LimitUpLimitDownRecord {
  double high_price_;
  double low_price_;
  int16_t indicators_[Codes::kMax];
  int64_t tape_;
  char32_t symbol_[W];
  int64_t timestamp_;
  int64_t sequence_number_;
};

template <int W>
void gather_LimitUpLimitDown(const char* rows, size_t count, char* records, Gathered& seen) {
  using Row = LimitUpLimitDownRow;
  using Record = LimitUpLimitDownRecord<W>;
  static_assert(offsetof(Record, low_price_) - offsetof(Record, high_price_) ==
                offsetof(Row, low_price_) - offsetof(Row, high_price_));
  static_assert(offsetof(Record, indicators_) - offsetof(Record, high_price_) ==
                offsetof(Row, indicators_) - offsetof(Row, high_price_));
  const Row* row = reinterpret_cast<const Row*>(rows);
  Record* record = reinterpret_cast<Record*>(records);
  uint32_t foreign = seen.foreign, widest = seen.widest;
  for (size_t i = 0; i < count && i < kAhead; ++i) __builtin_prefetch(row[i].symbol_);
  for (; count > 0; --count, ++row, ++record) {
    if (count > kAhead) __builtin_prefetch(row[kAhead].symbol_);
    foreign |= row->head.foreign;
    copy_bytes<offsetof(Record, indicators_) + sizeof(Codes) -
               offsetof(Record, high_price_)>(
        row, offsetof(Row, high_price_), record, offsetof(Record, high_price_));
    copy_bytes<offsetof(Record, tape_) + sizeof(Record::tape_) -
               offsetof(Record, tape_)>(
        row, offsetof(Row, tape_), record, offsetof(Record, tape_));
    put_symbol<W>(row->symbol_, record->symbol_, widest);
    copy_bytes<offsetof(Record, timestamp_) + sizeof(Record::timestamp_) -
               offsetof(Record, timestamp_)>(
        row, offsetof(Row, timestamp_), record, offsetof(Record, timestamp_));
    copy_bytes<offsetof(Record, sequence_number_) + sizeof(Record::sequence_number_) -
               offsetof(Record, sequence_number_)>(
        row, offsetof(Row, sequence_number_), record, offsetof(Record, sequence_number_));
  }
  seen.foreign = foreign;
  seen.widest = widest;
}

template <int W>
const uint16_t kLimitUpLimitDownOffsets[] = {
    offsetof(LimitUpLimitDownRecord<W>, high_price_),
    offsetof(LimitUpLimitDownRecord<W>, low_price_),
    offsetof(LimitUpLimitDownRecord<W>, indicators_),
    offsetof(LimitUpLimitDownRecord<W>, tape_),
    offsetof(LimitUpLimitDownRecord<W>, symbol_),
    offsetof(LimitUpLimitDownRecord<W>, timestamp_),
    offsetof(LimitUpLimitDownRecord<W>, sequence_number_),
};

template <int W>
struct ImbalanceRecord {
  char32_t symbol_[W];
  int64_t time_stamp_;
  int64_t auction_time_;
  char32_t auction_type_[7];
  int64_t symbol_sequence_;
  int64_t exchange_id_;
  int64_t imbalance_quantity_;
  int64_t paired_quantity_;
  double book_clearing_price_;
};

template <int W>
void gather_Imbalance(const char* rows, size_t count, char* records, Gathered& seen) {
  using Row = ImbalanceRow;
  using Record = ImbalanceRecord<W>;
  static_assert(offsetof(Record, auction_type_) + sizeof(Record::auction_type_) + sizeof(char32_t) <=
                sizeof(Record));
  static_assert(offsetof(Record, exchange_id_) - offsetof(Record, symbol_sequence_) ==
                offsetof(Row, exchange_id_) - offsetof(Row, symbol_sequence_));
  static_assert(offsetof(Record, imbalance_quantity_) - offsetof(Record, symbol_sequence_) ==
                offsetof(Row, imbalance_quantity_) - offsetof(Row, symbol_sequence_));
  static_assert(offsetof(Record, paired_quantity_) - offsetof(Record, symbol_sequence_) ==
                offsetof(Row, paired_quantity_) - offsetof(Row, symbol_sequence_));
  const Row* row = reinterpret_cast<const Row*>(rows);
  Record* record = reinterpret_cast<Record*>(records);
  uint32_t foreign = seen.foreign, widest = seen.widest;
  for (size_t i = 0; i < count && i < kAhead; ++i) __builtin_prefetch(row[i].symbol_);
  for (; count > 0; --count, ++row, ++record) {
    if (count > kAhead) __builtin_prefetch(row[kAhead].symbol_);
    foreign |= row->head.foreign;
    put_symbol<W>(row->symbol_, record->symbol_, widest);
    copy_bytes<offsetof(Record, time_stamp_) + sizeof(Record::time_stamp_) -
               offsetof(Record, time_stamp_)>(
        row, offsetof(Row, time_stamp_), record, offsetof(Record, time_stamp_));
    copy_bytes<offsetof(Record, auction_time_) + sizeof(Record::auction_time_) -
               offsetof(Record, auction_time_)>(
        row, offsetof(Row, auction_time_), record, offsetof(Record, auction_time_));
    put_text(row->auction_type_, record->auction_type_);
    copy_bytes<offsetof(Record, paired_quantity_) + sizeof(Record::paired_quantity_) -
               offsetof(Record, symbol_sequence_)>(
        row, offsetof(Row, symbol_sequence_), record, offsetof(Record, symbol_sequence_));
    copy_bytes<offsetof(Record, book_clearing_price_) + sizeof(Record::book_clearing_price_) -
               offsetof(Record, book_clearing_price_)>(
        row, offsetof(Row, book_clearing_price_), record, offsetof(Record, book_clearing_price_));
  }
  seen.foreign = foreign;
  seen.widest = widest;
}

template <int W>
const uint16_t kImbalanceOffsets[] = {
    offsetof(ImbalanceRecord<W>, symbol_),
    offsetof(ImbalanceRecord<W>, time_stamp_),
    offsetof(ImbalanceRecord<W>, auction_time_),
    offsetof(ImbalanceRecord<W>, auction_type_),
    offsetof(ImbalanceRecord<W>, symbol_sequence_),
    offsetof(ImbalanceRecord<W>, exchange_id_),
    offsetof(ImbalanceRecord<W>, imbalance_quantity_),
    offsetof(ImbalanceRecord<W>, paired_quantity_),
    offsetof(ImbalanceRecord<W>, book_clearing_price_),
};

template <int W>
struct FairMarketValueRecord {
  double fmv_;
  char32_t ticker_[W];
  int64_t timestamp_;
};

template <int W>
void gather_FairMarketValue(const char* rows, size_t count, char* records, Gathered& seen) {
  using Row = FairMarketValueRow;
  using Record = FairMarketValueRecord<W>;
  const Row* row = reinterpret_cast<const Row*>(rows);
  Record* record = reinterpret_cast<Record*>(records);
  uint32_t foreign = seen.foreign, widest = seen.widest;
  for (size_t i = 0; i < count && i < kAhead; ++i) __builtin_prefetch(row[i].ticker_);
  for (; count > 0; --count, ++row, ++record) {
    if (count > kAhead) __builtin_prefetch(row[kAhead].ticker_);
    foreign |= row->head.foreign;
    copy_bytes<offsetof(Record, fmv_) + sizeof(Record::fmv_) -
               offsetof(Record, fmv_)>(
        row, offsetof(Row, fmv_), record, offsetof(Record, fmv_));
    put_symbol<W>(row->ticker_, record->ticker_, widest);
    record->timestamp_ = epoch_ns(row->timestamp_);
  }
  seen.foreign = foreign;
  seen.widest = widest;
}

template <int W>
const uint16_t kFairMarketValueOffsets[] = {
    offsetof(FairMarketValueRecord<W>, fmv_),
    offsetof(FairMarketValueRecord<W>, ticker_),
    offsetof(FairMarketValueRecord<W>, timestamp_),
};

template <int W>
struct LaunchpadValueRecord {
  double value_;
  char32_t symbol_[W];
  int64_t timestamp_;
};

template <int W>
void gather_LaunchpadValue(const char* rows, size_t count, char* records, Gathered& seen) {
  using Row = LaunchpadValueRow;
  using Record = LaunchpadValueRecord<W>;
  const Row* row = reinterpret_cast<const Row*>(rows);
  Record* record = reinterpret_cast<Record*>(records);
  uint32_t foreign = seen.foreign, widest = seen.widest;
  for (size_t i = 0; i < count && i < kAhead; ++i) __builtin_prefetch(row[i].symbol_);
  for (; count > 0; --count, ++row, ++record) {
    if (count > kAhead) __builtin_prefetch(row[kAhead].symbol_);
    foreign |= row->head.foreign;
    copy_bytes<offsetof(Record, value_) + sizeof(Record::value_) -
               offsetof(Record, value_)>(
        row, offsetof(Row, value_), record, offsetof(Record, value_));
    put_symbol<W>(row->symbol_, record->symbol_, widest);
    record->timestamp_ = epoch_ns(row->timestamp_);
  }
  seen.foreign = foreign;
  seen.widest = widest;
}

template <int W>
const uint16_t kLaunchpadValueOffsets[] = {
    offsetof(LaunchpadValueRecord<W>, value_),
    offsetof(LaunchpadValueRecord<W>, symbol_),
    offsetof(LaunchpadValueRecord<W>, timestamp_),
};

template <int W>
struct IndexValueRecord {
  double value_;
  char32_t ticker_[W];
  int64_t timestamp_;
};

template <int W>
void gather_IndexValue(const char* rows, size_t count, char* records, Gathered& seen) {
  using Row = IndexValueRow;
  using Record = IndexValueRecord<W>;
  const Row* row = reinterpret_cast<const Row*>(rows);
  Record* record = reinterpret_cast<Record*>(records);
  uint32_t foreign = seen.foreign, widest = seen.widest;
  for (size_t i = 0; i < count && i < kAhead; ++i) __builtin_prefetch(row[i].ticker_);
  for (; count > 0; --count, ++row, ++record) {
    if (count > kAhead) __builtin_prefetch(row[kAhead].ticker_);
    foreign |= row->head.foreign;
    copy_bytes<offsetof(Record, value_) + sizeof(Record::value_) -
               offsetof(Record, value_)>(
        row, offsetof(Row, value_), record, offsetof(Record, value_));
    put_symbol<W>(row->ticker_, record->ticker_, widest);
    copy_bytes<offsetof(Record, timestamp_) + sizeof(Record::timestamp_) -
               offsetof(Record, timestamp_)>(
        row, offsetof(Row, timestamp_), record, offsetof(Record, timestamp_));
  }
  seen.foreign = foreign;
  seen.widest = widest;
}

template <int W>
const uint16_t kIndexValueOffsets[] = {
    offsetof(IndexValueRecord<W>, value_),
    offsetof(IndexValueRecord<W>, ticker_),
    offsetof(IndexValueRecord<W>, timestamp_),
};

template <int W>
struct ForexQuoteRecord {
  char32_t pair_[W];
  int64_t exchange_id_;
  double ask_price_;
  double bid_price_;
  int64_t timestamp_;
};

template <int W>
void gather_ForexQuote(const char* rows, size_t count, char* records, Gathered& seen) {
  using Row = ForexQuoteRow;
  using Record = ForexQuoteRecord<W>;
  static_assert(offsetof(Record, bid_price_) - offsetof(Record, ask_price_) ==
                offsetof(Row, bid_price_) - offsetof(Row, ask_price_));
  const Row* row = reinterpret_cast<const Row*>(rows);
  Record* record = reinterpret_cast<Record*>(records);
  uint32_t foreign = seen.foreign, widest = seen.widest;
  for (size_t i = 0; i < count && i < kAhead; ++i) __builtin_prefetch(row[i].pair_);
  for (; count > 0; --count, ++row, ++record) {
    if (count > kAhead) __builtin_prefetch(row[kAhead].pair_);
    foreign |= row->head.foreign;
    put_symbol<W>(row->pair_, record->pair_, widest);
    copy_bytes<offsetof(Record, exchange_id_) + sizeof(Record::exchange_id_) -
               offsetof(Record, exchange_id_)>(
        row, offsetof(Row, exchange_id_), record, offsetof(Record, exchange_id_));
    copy_bytes<offsetof(Record, bid_price_) + sizeof(Record::bid_price_) -
               offsetof(Record, ask_price_)>(
        row, offsetof(Row, ask_price_), record, offsetof(Record, ask_price_));
    copy_bytes<offsetof(Record, timestamp_) + sizeof(Record::timestamp_) -
               offsetof(Record, timestamp_)>(
        row, offsetof(Row, timestamp_), record, offsetof(Record, timestamp_));
  }
  seen.foreign = foreign;
  seen.widest = widest;
}

template <int W>
const uint16_t kForexQuoteOffsets[] = {
    offsetof(ForexQuoteRecord<W>, pair_),
    offsetof(ForexQuoteRecord<W>, exchange_id_),
    offsetof(ForexQuoteRecord<W>, ask_price_),
    offsetof(ForexQuoteRecord<W>, bid_price_),
    offsetof(ForexQuoteRecord<W>, timestamp_),
};

template <int W>
struct CurrencyAggRecord {
  char32_t pair_[W];
  double volume_;
  double vwap_;
  double avg_trade_size_;
  double open_;
  double close_;
  double high_;
  double low_;
  int64_t start_timestamp_;
  int64_t end_timestamp_;
};

template <int W>
void gather_CurrencyAgg(const char* rows, size_t count, char* records, Gathered& seen) {
  using Row = CurrencyAggRow;
  using Record = CurrencyAggRecord<W>;
  static_assert(offsetof(Record, vwap_) - offsetof(Record, volume_) ==
                offsetof(Row, vwap_) - offsetof(Row, volume_));
  static_assert(offsetof(Record, avg_trade_size_) - offsetof(Record, volume_) ==
                offsetof(Row, avg_trade_size_) - offsetof(Row, volume_));
  static_assert(offsetof(Record, open_) - offsetof(Record, volume_) ==
                offsetof(Row, open_) - offsetof(Row, volume_));
  static_assert(offsetof(Record, close_) - offsetof(Record, volume_) ==
                offsetof(Row, close_) - offsetof(Row, volume_));
  static_assert(offsetof(Record, high_) - offsetof(Record, volume_) ==
                offsetof(Row, high_) - offsetof(Row, volume_));
  static_assert(offsetof(Record, low_) - offsetof(Record, volume_) ==
                offsetof(Row, low_) - offsetof(Row, volume_));
  static_assert(offsetof(Record, end_timestamp_) - offsetof(Record, start_timestamp_) ==
                offsetof(Row, end_timestamp_) - offsetof(Row, start_timestamp_));
  const Row* row = reinterpret_cast<const Row*>(rows);
  Record* record = reinterpret_cast<Record*>(records);
  uint32_t foreign = seen.foreign, widest = seen.widest;
  for (size_t i = 0; i < count && i < kAhead; ++i) __builtin_prefetch(row[i].pair_);
  for (; count > 0; --count, ++row, ++record) {
    if (count > kAhead) __builtin_prefetch(row[kAhead].pair_);
    foreign |= row->head.foreign;
    put_symbol<W>(row->pair_, record->pair_, widest);
    copy_bytes<offsetof(Record, low_) + sizeof(Record::low_) -
               offsetof(Record, volume_)>(
        row, offsetof(Row, volume_), record, offsetof(Record, volume_));
    copy_bytes<offsetof(Record, end_timestamp_) + sizeof(Record::end_timestamp_) -
               offsetof(Record, start_timestamp_)>(
        row, offsetof(Row, start_timestamp_), record, offsetof(Record, start_timestamp_));
  }
  seen.foreign = foreign;
  seen.widest = widest;
}

template <int W>
const uint16_t kCurrencyAggOffsets[] = {
    offsetof(CurrencyAggRecord<W>, pair_),
    offsetof(CurrencyAggRecord<W>, volume_),
    offsetof(CurrencyAggRecord<W>, vwap_),
    offsetof(CurrencyAggRecord<W>, avg_trade_size_),
    offsetof(CurrencyAggRecord<W>, open_),
    offsetof(CurrencyAggRecord<W>, close_),
    offsetof(CurrencyAggRecord<W>, high_),
    offsetof(CurrencyAggRecord<W>, low_),
    offsetof(CurrencyAggRecord<W>, start_timestamp_),
    offsetof(CurrencyAggRecord<W>, end_timestamp_),
};

template <int W>
struct CryptoTradeRecord {
  char32_t pair_[W];
  double price_;
  int64_t timestamp_;
  double size_;
  int16_t conditions_[Codes::kMax];
  char32_t id_[39];
  int64_t exchange_;
  int64_t received_timestamp_;
};

template <int W>
void gather_CryptoTrade(const char* rows, size_t count, char* records, Gathered& seen) {
  using Row = CryptoTradeRow;
  using Record = CryptoTradeRecord<W>;
  static_assert(offsetof(Record, conditions_) - offsetof(Record, size_) ==
                offsetof(Row, conditions_) - offsetof(Row, size_));
  static_assert(offsetof(Record, id_) + sizeof(Record::id_) + sizeof(char32_t) <=
                sizeof(Record));
  static_assert(offsetof(Record, received_timestamp_) - offsetof(Record, exchange_) ==
                offsetof(Row, received_timestamp_) - offsetof(Row, exchange_));
  const Row* row = reinterpret_cast<const Row*>(rows);
  Record* record = reinterpret_cast<Record*>(records);
  uint32_t foreign = seen.foreign, widest = seen.widest;
  for (size_t i = 0; i < count && i < kAhead; ++i) __builtin_prefetch(row[i].pair_);
  for (; count > 0; --count, ++row, ++record) {
    if (count > kAhead) __builtin_prefetch(row[kAhead].pair_);
    foreign |= row->head.foreign;
    put_symbol<W>(row->pair_, record->pair_, widest);
    copy_bytes<offsetof(Record, price_) + sizeof(Record::price_) -
               offsetof(Record, price_)>(
        row, offsetof(Row, price_), record, offsetof(Record, price_));
    copy_bytes<offsetof(Record, timestamp_) + sizeof(Record::timestamp_) -
               offsetof(Record, timestamp_)>(
        row, offsetof(Row, timestamp_), record, offsetof(Record, timestamp_));
    copy_bytes<offsetof(Record, conditions_) + sizeof(Codes) -
               offsetof(Record, size_)>(
        row, offsetof(Row, size_), record, offsetof(Record, size_));
    put_text(row->id_, record->id_);
    copy_bytes<offsetof(Record, received_timestamp_) + sizeof(Record::received_timestamp_) -
               offsetof(Record, exchange_)>(
        row, offsetof(Row, exchange_), record, offsetof(Record, exchange_));
  }
  seen.foreign = foreign;
  seen.widest = widest;
}

template <int W>
const uint16_t kCryptoTradeOffsets[] = {
    offsetof(CryptoTradeRecord<W>, pair_),
    offsetof(CryptoTradeRecord<W>, price_),
    offsetof(CryptoTradeRecord<W>, timestamp_),
    offsetof(CryptoTradeRecord<W>, size_),
    offsetof(CryptoTradeRecord<W>, conditions_),
    offsetof(CryptoTradeRecord<W>, id_),
    offsetof(CryptoTradeRecord<W>, exchange_),
    offsetof(CryptoTradeRecord<W>, received_timestamp_),
};

template <int W>
struct CryptoQuoteRecord {
  char32_t pair_[W];
  double last_price_;
  double last_size_;
  double bid_price_;
  double bid_size_;
  double ask_price_;
  double ask_size_;
  int64_t timestamp_;
  int64_t exchange_id_;
  int64_t received_timestamp_;
};

template <int W>
void gather_CryptoQuote(const char* rows, size_t count, char* records, Gathered& seen) {
  using Row = CryptoQuoteRow;
  using Record = CryptoQuoteRecord<W>;
  static_assert(offsetof(Record, last_size_) - offsetof(Record, last_price_) ==
                offsetof(Row, last_size_) - offsetof(Row, last_price_));
  static_assert(offsetof(Record, bid_price_) - offsetof(Record, last_price_) ==
                offsetof(Row, bid_price_) - offsetof(Row, last_price_));
  static_assert(offsetof(Record, bid_size_) - offsetof(Record, last_price_) ==
                offsetof(Row, bid_size_) - offsetof(Row, last_price_));
  static_assert(offsetof(Record, ask_price_) - offsetof(Record, last_price_) ==
                offsetof(Row, ask_price_) - offsetof(Row, last_price_));
  static_assert(offsetof(Record, ask_size_) - offsetof(Record, last_price_) ==
                offsetof(Row, ask_size_) - offsetof(Row, last_price_));
  static_assert(offsetof(Record, exchange_id_) - offsetof(Record, timestamp_) ==
                offsetof(Row, exchange_id_) - offsetof(Row, timestamp_));
  static_assert(offsetof(Record, received_timestamp_) - offsetof(Record, timestamp_) ==
                offsetof(Row, received_timestamp_) - offsetof(Row, timestamp_));
  const Row* row = reinterpret_cast<const Row*>(rows);
  Record* record = reinterpret_cast<Record*>(records);
  uint32_t foreign = seen.foreign, widest = seen.widest;
  for (size_t i = 0; i < count && i < kAhead; ++i) __builtin_prefetch(row[i].pair_);
  for (; count > 0; --count, ++row, ++record) {
    if (count > kAhead) __builtin_prefetch(row[kAhead].pair_);
    foreign |= row->head.foreign;
    put_symbol<W>(row->pair_, record->pair_, widest);
    copy_bytes<offsetof(Record, ask_size_) + sizeof(Record::ask_size_) -
               offsetof(Record, last_price_)>(
        row, offsetof(Row, last_price_), record, offsetof(Record, last_price_));
    copy_bytes<offsetof(Record, received_timestamp_) + sizeof(Record::received_timestamp_) -
               offsetof(Record, timestamp_)>(
        row, offsetof(Row, timestamp_), record, offsetof(Record, timestamp_));
  }
  seen.foreign = foreign;
  seen.widest = widest;
}

template <int W>
const uint16_t kCryptoQuoteOffsets[] = {
    offsetof(CryptoQuoteRecord<W>, pair_),
    offsetof(CryptoQuoteRecord<W>, last_price_),
    offsetof(CryptoQuoteRecord<W>, last_size_),
    offsetof(CryptoQuoteRecord<W>, bid_price_),
    offsetof(CryptoQuoteRecord<W>, bid_size_),
    offsetof(CryptoQuoteRecord<W>, ask_price_),
    offsetof(CryptoQuoteRecord<W>, ask_size_),
    offsetof(CryptoQuoteRecord<W>, timestamp_),
    offsetof(CryptoQuoteRecord<W>, exchange_id_),
    offsetof(CryptoQuoteRecord<W>, received_timestamp_),
};

template <int W>
struct Level2BookRecord {
  char32_t pair_[W];
  int64_t timestamp_;
  int64_t received_timestamp_;
  int64_t exchange_id_;
};

template <int W>
void gather_Level2Book(const char* rows, size_t count, char* records, Gathered& seen) {
  using Row = Level2BookRow;
  using Record = Level2BookRecord<W>;
  static_assert(offsetof(Record, received_timestamp_) - offsetof(Record, timestamp_) ==
                offsetof(Row, received_timestamp_) - offsetof(Row, timestamp_));
  static_assert(offsetof(Record, exchange_id_) - offsetof(Record, timestamp_) ==
                offsetof(Row, exchange_id_) - offsetof(Row, timestamp_));
  const Row* row = reinterpret_cast<const Row*>(rows);
  Record* record = reinterpret_cast<Record*>(records);
  uint32_t foreign = seen.foreign, widest = seen.widest;
  for (size_t i = 0; i < count && i < kAhead; ++i) __builtin_prefetch(row[i].pair_);
  for (; count > 0; --count, ++row, ++record) {
    if (count > kAhead) __builtin_prefetch(row[kAhead].pair_);
    foreign |= row->head.foreign;
    put_symbol<W>(row->pair_, record->pair_, widest);
    copy_bytes<offsetof(Record, exchange_id_) + sizeof(Record::exchange_id_) -
               offsetof(Record, timestamp_)>(
        row, offsetof(Row, timestamp_), record, offsetof(Record, timestamp_));
  }
  seen.foreign = foreign;
  seen.widest = widest;
}

template <int W>
const uint16_t kLevel2BookOffsets[] = {
    offsetof(Level2BookRecord<W>, pair_),
    offsetof(Level2BookRecord<W>, timestamp_),
    offsetof(Level2BookRecord<W>, received_timestamp_),
    offsetof(Level2BookRecord<W>, exchange_id_),
    kNoColumn,
    kNoColumn,
};

template <int W>
struct ConsolidatedQuoteRecord {
  char32_t pair_[W];
  double ask_size_;
  double ask_price_;
  int64_t ask_exchange_id_;
  double bid_size_;
  double bid_price_;
  int64_t bid_exchange_id_;
  int64_t timestamp_;
};

template <int W>
void gather_ConsolidatedQuote(const char* rows, size_t count, char* records, Gathered& seen) {
  using Row = ConsolidatedQuoteRow;
  using Record = ConsolidatedQuoteRecord<W>;
  static_assert(offsetof(Record, ask_price_) - offsetof(Record, ask_size_) ==
                offsetof(Row, ask_price_) - offsetof(Row, ask_size_));
  static_assert(offsetof(Record, bid_price_) - offsetof(Record, bid_size_) ==
                offsetof(Row, bid_price_) - offsetof(Row, bid_size_));
  static_assert(offsetof(Record, timestamp_) - offsetof(Record, bid_exchange_id_) ==
                offsetof(Row, timestamp_) - offsetof(Row, bid_exchange_id_));
  const Row* row = reinterpret_cast<const Row*>(rows);
  Record* record = reinterpret_cast<Record*>(records);
  uint32_t foreign = seen.foreign, widest = seen.widest;
  for (size_t i = 0; i < count && i < kAhead; ++i) __builtin_prefetch(row[i].pair_);
  for (; count > 0; --count, ++row, ++record) {
    if (count > kAhead) __builtin_prefetch(row[kAhead].pair_);
    foreign |= row->head.foreign;
    put_symbol<W>(row->pair_, record->pair_, widest);
    copy_bytes<offsetof(Record, ask_price_) + sizeof(Record::ask_price_) -
               offsetof(Record, ask_size_)>(
        row, offsetof(Row, ask_size_), record, offsetof(Record, ask_size_));
    copy_bytes<offsetof(Record, ask_exchange_id_) + sizeof(Record::ask_exchange_id_) -
               offsetof(Record, ask_exchange_id_)>(
        row, offsetof(Row, ask_exchange_id_), record, offsetof(Record, ask_exchange_id_));
    copy_bytes<offsetof(Record, bid_price_) + sizeof(Record::bid_price_) -
               offsetof(Record, bid_size_)>(
        row, offsetof(Row, bid_size_), record, offsetof(Record, bid_size_));
    copy_bytes<offsetof(Record, timestamp_) + sizeof(Record::timestamp_) -
               offsetof(Record, bid_exchange_id_)>(
        row, offsetof(Row, bid_exchange_id_), record, offsetof(Record, bid_exchange_id_));
  }
  seen.foreign = foreign;
  seen.widest = widest;
}

template <int W>
const uint16_t kConsolidatedQuoteOffsets[] = {
    offsetof(ConsolidatedQuoteRecord<W>, pair_),
    offsetof(ConsolidatedQuoteRecord<W>, ask_size_),
    offsetof(ConsolidatedQuoteRecord<W>, ask_price_),
    offsetof(ConsolidatedQuoteRecord<W>, ask_exchange_id_),
    offsetof(ConsolidatedQuoteRecord<W>, bid_size_),
    offsetof(ConsolidatedQuoteRecord<W>, bid_price_),
    offsetof(ConsolidatedQuoteRecord<W>, bid_exchange_id_),
    offsetof(ConsolidatedQuoteRecord<W>, timestamp_),
};

template <int W>
struct FuturesTradeRecord {
  char32_t symbol_[W];
  int64_t tape_;
  double price_;
  int64_t size_;
  int64_t timestamp_;
  int64_t sequence_number_;
};

template <int W>
void gather_FuturesTrade(const char* rows, size_t count, char* records, Gathered& seen) {
  using Row = FuturesTradeRow;
  using Record = FuturesTradeRecord<W>;
  static_assert(offsetof(Record, timestamp_) - offsetof(Record, size_) ==
                offsetof(Row, timestamp_) - offsetof(Row, size_));
  static_assert(offsetof(Record, sequence_number_) - offsetof(Record, size_) ==
                offsetof(Row, sequence_number_) - offsetof(Row, size_));
  const Row* row = reinterpret_cast<const Row*>(rows);
  Record* record = reinterpret_cast<Record*>(records);
  uint32_t foreign = seen.foreign, widest = seen.widest;
  for (size_t i = 0; i < count && i < kAhead; ++i) __builtin_prefetch(row[i].symbol_);
  for (; count > 0; --count, ++row, ++record) {
    if (count > kAhead) __builtin_prefetch(row[kAhead].symbol_);
    foreign |= row->head.foreign;
    put_symbol<W>(row->symbol_, record->symbol_, widest);
    copy_bytes<offsetof(Record, tape_) + sizeof(Record::tape_) -
               offsetof(Record, tape_)>(
        row, offsetof(Row, tape_), record, offsetof(Record, tape_));
    copy_bytes<offsetof(Record, price_) + sizeof(Record::price_) -
               offsetof(Record, price_)>(
        row, offsetof(Row, price_), record, offsetof(Record, price_));
    copy_bytes<offsetof(Record, sequence_number_) + sizeof(Record::sequence_number_) -
               offsetof(Record, size_)>(
        row, offsetof(Row, size_), record, offsetof(Record, size_));
  }
  seen.foreign = foreign;
  seen.widest = widest;
}

template <int W>
const uint16_t kFuturesTradeOffsets[] = {
    offsetof(FuturesTradeRecord<W>, symbol_),
    offsetof(FuturesTradeRecord<W>, tape_),
    offsetof(FuturesTradeRecord<W>, price_),
    offsetof(FuturesTradeRecord<W>, size_),
    offsetof(FuturesTradeRecord<W>, timestamp_),
    offsetof(FuturesTradeRecord<W>, sequence_number_),
};

template <int W>
struct FuturesQuoteRecord {
  char32_t symbol_[W];
  double bid_price_;
  int64_t bid_size_;
  int64_t bid_timestamp_;
  double ask_price_;
  int64_t ask_size_;
  int64_t ask_timestamp_;
  int64_t sip_timestamp_;
};

template <int W>
void gather_FuturesQuote(const char* rows, size_t count, char* records, Gathered& seen) {
  using Row = FuturesQuoteRow;
  using Record = FuturesQuoteRecord<W>;
  static_assert(offsetof(Record, bid_timestamp_) - offsetof(Record, bid_size_) ==
                offsetof(Row, bid_timestamp_) - offsetof(Row, bid_size_));
  static_assert(offsetof(Record, ask_timestamp_) - offsetof(Record, ask_size_) ==
                offsetof(Row, ask_timestamp_) - offsetof(Row, ask_size_));
  static_assert(offsetof(Record, sip_timestamp_) - offsetof(Record, ask_size_) ==
                offsetof(Row, sip_timestamp_) - offsetof(Row, ask_size_));
  const Row* row = reinterpret_cast<const Row*>(rows);
  Record* record = reinterpret_cast<Record*>(records);
  uint32_t foreign = seen.foreign, widest = seen.widest;
  for (size_t i = 0; i < count && i < kAhead; ++i) __builtin_prefetch(row[i].symbol_);
  for (; count > 0; --count, ++row, ++record) {
    if (count > kAhead) __builtin_prefetch(row[kAhead].symbol_);
    foreign |= row->head.foreign;
    put_symbol<W>(row->symbol_, record->symbol_, widest);
    copy_bytes<offsetof(Record, bid_price_) + sizeof(Record::bid_price_) -
               offsetof(Record, bid_price_)>(
        row, offsetof(Row, bid_price_), record, offsetof(Record, bid_price_));
    copy_bytes<offsetof(Record, bid_timestamp_) + sizeof(Record::bid_timestamp_) -
               offsetof(Record, bid_size_)>(
        row, offsetof(Row, bid_size_), record, offsetof(Record, bid_size_));
    copy_bytes<offsetof(Record, ask_price_) + sizeof(Record::ask_price_) -
               offsetof(Record, ask_price_)>(
        row, offsetof(Row, ask_price_), record, offsetof(Record, ask_price_));
    copy_bytes<offsetof(Record, sip_timestamp_) + sizeof(Record::sip_timestamp_) -
               offsetof(Record, ask_size_)>(
        row, offsetof(Row, ask_size_), record, offsetof(Record, ask_size_));
  }
  seen.foreign = foreign;
  seen.widest = widest;
}

template <int W>
const uint16_t kFuturesQuoteOffsets[] = {
    offsetof(FuturesQuoteRecord<W>, symbol_),
    offsetof(FuturesQuoteRecord<W>, bid_price_),
    offsetof(FuturesQuoteRecord<W>, bid_size_),
    offsetof(FuturesQuoteRecord<W>, bid_timestamp_),
    offsetof(FuturesQuoteRecord<W>, ask_price_),
    offsetof(FuturesQuoteRecord<W>, ask_size_),
    offsetof(FuturesQuoteRecord<W>, ask_timestamp_),
    offsetof(FuturesQuoteRecord<W>, sip_timestamp_),
};

template <int W>
struct FuturesAggRecord {
  char32_t symbol_[W];
  double volume_;
  double total_value_;
  double open_;
  double close_;
  double high_;
  double low_;
  int64_t transactions_;
  int64_t start_timestamp_;
  int64_t end_timestamp_;
};

template <int W>
void gather_FuturesAgg(const char* rows, size_t count, char* records, Gathered& seen) {
  using Row = FuturesAggRow;
  using Record = FuturesAggRecord<W>;
  static_assert(offsetof(Record, total_value_) - offsetof(Record, volume_) ==
                offsetof(Row, total_value_) - offsetof(Row, volume_));
  static_assert(offsetof(Record, open_) - offsetof(Record, volume_) ==
                offsetof(Row, open_) - offsetof(Row, volume_));
  static_assert(offsetof(Record, close_) - offsetof(Record, volume_) ==
                offsetof(Row, close_) - offsetof(Row, volume_));
  static_assert(offsetof(Record, high_) - offsetof(Record, volume_) ==
                offsetof(Row, high_) - offsetof(Row, volume_));
  static_assert(offsetof(Record, low_) - offsetof(Record, volume_) ==
                offsetof(Row, low_) - offsetof(Row, volume_));
  static_assert(offsetof(Record, start_timestamp_) - offsetof(Record, transactions_) ==
                offsetof(Row, start_timestamp_) - offsetof(Row, transactions_));
  static_assert(offsetof(Record, end_timestamp_) - offsetof(Record, transactions_) ==
                offsetof(Row, end_timestamp_) - offsetof(Row, transactions_));
  const Row* row = reinterpret_cast<const Row*>(rows);
  Record* record = reinterpret_cast<Record*>(records);
  uint32_t foreign = seen.foreign, widest = seen.widest;
  for (size_t i = 0; i < count && i < kAhead; ++i) __builtin_prefetch(row[i].symbol_);
  for (; count > 0; --count, ++row, ++record) {
    if (count > kAhead) __builtin_prefetch(row[kAhead].symbol_);
    foreign |= row->head.foreign;
    put_symbol<W>(row->symbol_, record->symbol_, widest);
    copy_bytes<offsetof(Record, low_) + sizeof(Record::low_) -
               offsetof(Record, volume_)>(
        row, offsetof(Row, volume_), record, offsetof(Record, volume_));
    copy_bytes<offsetof(Record, end_timestamp_) + sizeof(Record::end_timestamp_) -
               offsetof(Record, transactions_)>(
        row, offsetof(Row, transactions_), record, offsetof(Record, transactions_));
  }
  seen.foreign = foreign;
  seen.widest = widest;
}

template <int W>
const uint16_t kFuturesAggOffsets[] = {
    offsetof(FuturesAggRecord<W>, symbol_),
    offsetof(FuturesAggRecord<W>, volume_),
    offsetof(FuturesAggRecord<W>, total_value_),
    offsetof(FuturesAggRecord<W>, open_),
    offsetof(FuturesAggRecord<W>, close_),
    offsetof(FuturesAggRecord<W>, high_),
    offsetof(FuturesAggRecord<W>, low_),
    offsetof(FuturesAggRecord<W>, transactions_),
    offsetof(FuturesAggRecord<W>, start_timestamp_),
    offsetof(FuturesAggRecord<W>, end_timestamp_),
};

}  // namespace

const RecordLayout kRecordLayouts[][kSymbolWidths] = {
    {{16, sizeof(EquityTradeRecord<16>), kEquityTradeOffsets<16>,
      gather_EquityTrade<16>},
     {24, sizeof(EquityTradeRecord<24>), kEquityTradeOffsets<24>,
      gather_EquityTrade<24>},
     {32, sizeof(EquityTradeRecord<32>), kEquityTradeOffsets<32>,
      gather_EquityTrade<32>},},
    {{16, sizeof(EquityQuoteRecord<16>), kEquityQuoteOffsets<16>,
      gather_EquityQuote<16>},
     {24, sizeof(EquityQuoteRecord<24>), kEquityQuoteOffsets<24>,
      gather_EquityQuote<24>},
     {32, sizeof(EquityQuoteRecord<32>), kEquityQuoteOffsets<32>,
      gather_EquityQuote<32>},},
    {{16, sizeof(EquityAggRecord<16>), kEquityAggOffsets<16>,
      gather_EquityAgg<16>},
     {24, sizeof(EquityAggRecord<24>), kEquityAggOffsets<24>,
      gather_EquityAgg<24>},
     {32, sizeof(EquityAggRecord<32>), kEquityAggOffsets<32>,
      gather_EquityAgg<32>},},
    {{16, sizeof(LimitUpLimitDownRecord<16>), kLimitUpLimitDownOffsets<16>,
      gather_LimitUpLimitDown<16>},
     {24, sizeof(LimitUpLimitDownRecord<24>), kLimitUpLimitDownOffsets<24>,
      gather_LimitUpLimitDown<24>},
     {32, sizeof(LimitUpLimitDownRecord<32>), kLimitUpLimitDownOffsets<32>,
      gather_LimitUpLimitDown<32>},},
    {{16, sizeof(ImbalanceRecord<16>), kImbalanceOffsets<16>,
      gather_Imbalance<16>},
     {24, sizeof(ImbalanceRecord<24>), kImbalanceOffsets<24>,
      gather_Imbalance<24>},
     {32, sizeof(ImbalanceRecord<32>), kImbalanceOffsets<32>,
      gather_Imbalance<32>},},
    {{16, sizeof(FairMarketValueRecord<16>), kFairMarketValueOffsets<16>,
      gather_FairMarketValue<16>},
     {24, sizeof(FairMarketValueRecord<24>), kFairMarketValueOffsets<24>,
      gather_FairMarketValue<24>},
     {32, sizeof(FairMarketValueRecord<32>), kFairMarketValueOffsets<32>,
      gather_FairMarketValue<32>},},
    {{16, sizeof(LaunchpadValueRecord<16>), kLaunchpadValueOffsets<16>,
      gather_LaunchpadValue<16>},
     {24, sizeof(LaunchpadValueRecord<24>), kLaunchpadValueOffsets<24>,
      gather_LaunchpadValue<24>},
     {32, sizeof(LaunchpadValueRecord<32>), kLaunchpadValueOffsets<32>,
      gather_LaunchpadValue<32>},},
    {{16, sizeof(IndexValueRecord<16>), kIndexValueOffsets<16>,
      gather_IndexValue<16>},
     {24, sizeof(IndexValueRecord<24>), kIndexValueOffsets<24>,
      gather_IndexValue<24>},
     {32, sizeof(IndexValueRecord<32>), kIndexValueOffsets<32>,
      gather_IndexValue<32>},},
    {{16, sizeof(ForexQuoteRecord<16>), kForexQuoteOffsets<16>,
      gather_ForexQuote<16>},
     {24, sizeof(ForexQuoteRecord<24>), kForexQuoteOffsets<24>,
      gather_ForexQuote<24>},
     {32, sizeof(ForexQuoteRecord<32>), kForexQuoteOffsets<32>,
      gather_ForexQuote<32>},},
    {{16, sizeof(CurrencyAggRecord<16>), kCurrencyAggOffsets<16>,
      gather_CurrencyAgg<16>},
     {24, sizeof(CurrencyAggRecord<24>), kCurrencyAggOffsets<24>,
      gather_CurrencyAgg<24>},
     {32, sizeof(CurrencyAggRecord<32>), kCurrencyAggOffsets<32>,
      gather_CurrencyAgg<32>},},
    {{16, sizeof(CryptoTradeRecord<16>), kCryptoTradeOffsets<16>,
      gather_CryptoTrade<16>},
     {24, sizeof(CryptoTradeRecord<24>), kCryptoTradeOffsets<24>,
      gather_CryptoTrade<24>},
     {32, sizeof(CryptoTradeRecord<32>), kCryptoTradeOffsets<32>,
      gather_CryptoTrade<32>},},
    {{16, sizeof(CryptoQuoteRecord<16>), kCryptoQuoteOffsets<16>,
      gather_CryptoQuote<16>},
     {24, sizeof(CryptoQuoteRecord<24>), kCryptoQuoteOffsets<24>,
      gather_CryptoQuote<24>},
     {32, sizeof(CryptoQuoteRecord<32>), kCryptoQuoteOffsets<32>,
      gather_CryptoQuote<32>},},
    {{16, sizeof(Level2BookRecord<16>), kLevel2BookOffsets<16>,
      gather_Level2Book<16>},
     {24, sizeof(Level2BookRecord<24>), kLevel2BookOffsets<24>,
      gather_Level2Book<24>},
     {32, sizeof(Level2BookRecord<32>), kLevel2BookOffsets<32>,
      gather_Level2Book<32>},},
    {{16, sizeof(ConsolidatedQuoteRecord<16>), kConsolidatedQuoteOffsets<16>,
      gather_ConsolidatedQuote<16>},
     {24, sizeof(ConsolidatedQuoteRecord<24>), kConsolidatedQuoteOffsets<24>,
      gather_ConsolidatedQuote<24>},
     {32, sizeof(ConsolidatedQuoteRecord<32>), kConsolidatedQuoteOffsets<32>,
      gather_ConsolidatedQuote<32>},},
    {{16, sizeof(FuturesTradeRecord<16>), kFuturesTradeOffsets<16>,
      gather_FuturesTrade<16>},
     {24, sizeof(FuturesTradeRecord<24>), kFuturesTradeOffsets<24>,
      gather_FuturesTrade<24>},
     {32, sizeof(FuturesTradeRecord<32>), kFuturesTradeOffsets<32>,
      gather_FuturesTrade<32>},},
    {{16, sizeof(FuturesQuoteRecord<16>), kFuturesQuoteOffsets<16>,
      gather_FuturesQuote<16>},
     {24, sizeof(FuturesQuoteRecord<24>), kFuturesQuoteOffsets<24>,
      gather_FuturesQuote<24>},
     {32, sizeof(FuturesQuoteRecord<32>), kFuturesQuoteOffsets<32>,
      gather_FuturesQuote<32>},},
    {{16, sizeof(FuturesAggRecord<16>), kFuturesAggOffsets<16>,
      gather_FuturesAgg<16>},
     {24, sizeof(FuturesAggRecord<24>), kFuturesAggOffsets<24>,
      gather_FuturesAgg<24>},
     {32, sizeof(FuturesAggRecord<32>), kFuturesAggOffsets<32>,
      gather_FuturesAgg<32>},},
};

const char* const kArrowFormats[] = {
    "u",
    "u",
    "u",
    "l",
    "g",
    "tsm:UTC",
    "tsn:UTC",
    "tsn:UTC",
    "b",
    "+l",
    "+l",
};

}  // namespace fastpoly
