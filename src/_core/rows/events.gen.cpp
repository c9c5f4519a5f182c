// Generated from src/fastpoly/schema.py by src/_core/codegen/rows.py. Do not edit.
#include <cstddef>

#include "rows/events.gen.hpp"

namespace fastpoly {

static_assert(16 <= kMaxFields && 9 <= kMaxChannels);

namespace {

const FieldSpec kEquityTradeFields[] = {
    {0x6d7973ull, "sym", "symbol", Kind::kSymbol, 3, 16, offsetof(EquityTradeRow, symbol_)},
    {0x69ull, "i", "id", Kind::kText, 1, 23, offsetof(EquityTradeRow, id_)},
    {0x78ull, "x", "exchange", Kind::kInt, 1, 23, offsetof(EquityTradeRow, exchange_)},
    {0x70ull, "p", "price", Kind::kFloat, 1, 23, offsetof(EquityTradeRow, price_)},
    {0x73ull, "s", "size", Kind::kInt, 1, 23, offsetof(EquityTradeRow, size_)},
    {0x63ull, "c", "conditions", Kind::kCodes, 1, 23, offsetof(EquityTradeRow, conditions_)},
    {0x74ull, "t", "timestamp", Kind::kMs, 1, 23, offsetof(EquityTradeRow, timestamp_)},
    {0x7470ull, "pt", "participant_timestamp", Kind::kMs, 2, 23, offsetof(EquityTradeRow, participant_timestamp_)},
    {0x71ull, "q", "sequence_number", Kind::kInt, 1, 23, offsetof(EquityTradeRow, sequence_number_)},
    {0x7aull, "z", "tape", Kind::kInt, 1, 23, offsetof(EquityTradeRow, tape_)},
    {0x69667274ull, "trfi", "trf_id", Kind::kInt, 4, 23, offsetof(EquityTradeRow, trf_id_)},
    {0x74667274ull, "trft", "trf_timestamp", Kind::kMs, 4, 23, offsetof(EquityTradeRow, trf_timestamp_)},
    {0x7364ull, "ds", "fractional_shares", Kind::kDecimal, 2, 23, offsetof(EquityTradeRow, fractional_shares_)},
};

const EventSpec kEquityTrade = {"EquityTrade", kEquityTradeFields, sizeof(EquityTradeRow), 13, 0};

const FieldSpec kEquityQuoteFields[] = {
    {0x6d7973ull, "sym", "symbol", Kind::kSymbol, 3, 16, offsetof(EquityQuoteRow, symbol_)},
    {0x63ull, "c", "condition", Kind::kInt, 1, 23, offsetof(EquityQuoteRow, condition_)},
    {0x69ull, "i", "indicators", Kind::kCodes, 1, 23, offsetof(EquityQuoteRow, indicators_)},
    {0x7862ull, "bx", "bid_exchange_id", Kind::kInt, 2, 23, offsetof(EquityQuoteRow, bid_exchange_id_)},
    {0x7861ull, "ax", "ask_exchange_id", Kind::kInt, 2, 23, offsetof(EquityQuoteRow, ask_exchange_id_)},
    {0x7062ull, "bp", "bid_price", Kind::kFloat, 2, 23, offsetof(EquityQuoteRow, bid_price_)},
    {0x7061ull, "ap", "ask_price", Kind::kFloat, 2, 23, offsetof(EquityQuoteRow, ask_price_)},
    {0x7362ull, "bs", "bid_size", Kind::kInt, 2, 23, offsetof(EquityQuoteRow, bid_size_)},
    {0x7361ull, "as", "ask_size", Kind::kInt, 2, 23, offsetof(EquityQuoteRow, ask_size_)},
    {0x74ull, "t", "timestamp", Kind::kMs, 1, 23, offsetof(EquityQuoteRow, timestamp_)},
    {0x7470ull, "pt", "participant_timestamp", Kind::kMs, 2, 23, offsetof(EquityQuoteRow, participant_timestamp_)},
    {0x71ull, "q", "sequence_number", Kind::kInt, 1, 23, offsetof(EquityQuoteRow, sequence_number_)},
    {0x7aull, "z", "tape", Kind::kInt, 1, 23, offsetof(EquityQuoteRow, tape_)},
    {0x69667274ull, "trfi", "trf_id", Kind::kInt, 4, 23, offsetof(EquityQuoteRow, trf_id_)},
    {0x74667274ull, "trft", "trf_timestamp", Kind::kMs, 4, 23, offsetof(EquityQuoteRow, trf_timestamp_)},
};

const EventSpec kEquityQuote = {"EquityQuote", kEquityQuoteFields, sizeof(EquityQuoteRow), 15, 1};

const FieldSpec kEquityAggFields[] = {
    {0x6d7973ull, "sym", "symbol", Kind::kSymbol, 3, 16, offsetof(EquityAggRow, symbol_)},
    {0x76ull, "v", "volume", Kind::kFloat, 1, 23, offsetof(EquityAggRow, volume_)},
    {0x7661ull, "av", "accumulated_volume", Kind::kFloat, 2, 23, offsetof(EquityAggRow, accumulated_volume_)},
    {0x706full, "op", "official_open_price", Kind::kFloat, 2, 23, offsetof(EquityAggRow, official_open_price_)},
    {0x7776ull, "vw", "vwap", Kind::kFloat, 2, 23, offsetof(EquityAggRow, vwap_)},
    {0x6full, "o", "open", Kind::kFloat, 1, 23, offsetof(EquityAggRow, open_)},
    {0x63ull, "c", "close", Kind::kFloat, 1, 23, offsetof(EquityAggRow, close_)},
    {0x68ull, "h", "high", Kind::kFloat, 1, 23, offsetof(EquityAggRow, high_)},
    {0x6cull, "l", "low", Kind::kFloat, 1, 23, offsetof(EquityAggRow, low_)},
    {0x61ull, "a", "aggregate_vwap", Kind::kFloat, 1, 23, offsetof(EquityAggRow, aggregate_vwap_)},
    {0x7aull, "z", "average_size", Kind::kFloat, 1, 23, offsetof(EquityAggRow, average_size_)},
    {0x73ull, "s", "start_timestamp", Kind::kMs, 1, 23, offsetof(EquityAggRow, start_timestamp_)},
    {0x65ull, "e", "end_timestamp", Kind::kMs, 1, 23, offsetof(EquityAggRow, end_timestamp_)},
    {0x63746full, "otc", "otc", Kind::kFlag, 3, 23, offsetof(EquityAggRow, otc_)},
    {0x7664ull, "dv", "fractional_volume", Kind::kDecimal, 2, 23, offsetof(EquityAggRow, fractional_volume_)},
    {0x766164ull, "dav", "fractional_accumulated_volume", Kind::kDecimal, 3, 23, offsetof(EquityAggRow, fractional_accumulated_volume_)},
};

const EventSpec kEquityAgg = {"EquityAgg", kEquityAggFields, sizeof(EquityAggRow), 16, 2};

const FieldSpec kLimitUpLimitDownFields[] = {
    {0x68ull, "h", "high_price", Kind::kFloat, 1, 23, offsetof(LimitUpLimitDownRow, high_price_)},
    {0x6cull, "l", "low_price", Kind::kFloat, 1, 23, offsetof(LimitUpLimitDownRow, low_price_)},
    {0x69ull, "i", "indicators", Kind::kCodes, 1, 23, offsetof(LimitUpLimitDownRow, indicators_)},
    {0x7aull, "z", "tape", Kind::kInt, 1, 23, offsetof(LimitUpLimitDownRow, tape_)},
    {0x54ull, "T", "symbol", Kind::kSymbol, 1, 16, offsetof(LimitUpLimitDownRow, symbol_)},
    {0x74ull, "t", "timestamp", Kind::kNs, 1, 23, offsetof(LimitUpLimitDownRow, timestamp_)},
    {0x71ull, "q", "sequence_number", Kind::kInt, 1, 23, offsetof(LimitUpLimitDownRow, sequence_number_)},
};

const EventSpec kLimitUpLimitDown = {"LimitUpLimitDown", kLimitUpLimitDownFields, sizeof(LimitUpLimitDownRow), 7, 3};

const FieldSpec kImbalanceFields[] = {
    {0x54ull, "T", "symbol", Kind::kSymbol, 1, 16, offsetof(ImbalanceRow, symbol_)},
    {0x74ull, "t", "time_stamp", Kind::kNs, 1, 23, offsetof(ImbalanceRow, time_stamp_)},
    {0x7461ull, "at", "auction_time", Kind::kInt, 2, 23, offsetof(ImbalanceRow, auction_time_)},
    {0x61ull, "a", "auction_type", Kind::kText, 1, 7, offsetof(ImbalanceRow, auction_type_)},
    {0x69ull, "i", "symbol_sequence", Kind::kInt, 1, 23, offsetof(ImbalanceRow, symbol_sequence_)},
    {0x78ull, "x", "exchange_id", Kind::kInt, 1, 23, offsetof(ImbalanceRow, exchange_id_)},
    {0x6full, "o", "imbalance_quantity", Kind::kInt, 1, 23, offsetof(ImbalanceRow, imbalance_quantity_)},
    {0x70ull, "p", "paired_quantity", Kind::kInt, 1, 23, offsetof(ImbalanceRow, paired_quantity_)},
    {0x62ull, "b", "book_clearing_price", Kind::kFloat, 1, 23, offsetof(ImbalanceRow, book_clearing_price_)},
};

const EventSpec kImbalance = {"Imbalance", kImbalanceFields, sizeof(ImbalanceRow), 9, 4};

const FieldSpec kFairMarketValueFields[] = {
    {0x766d66ull, "fmv", "fmv", Kind::kFloat, 3, 23, offsetof(FairMarketValueRow, fmv_)},
    {0x6d7973ull, "sym", "ticker", Kind::kSymbol, 3, 16, offsetof(FairMarketValueRow, ticker_)},
    {0x74ull, "t", "timestamp", Kind::kEpoch, 1, 23, offsetof(FairMarketValueRow, timestamp_)},
};

const EventSpec kFairMarketValue = {"FairMarketValue", kFairMarketValueFields, sizeof(FairMarketValueRow), 3, 5};

const FieldSpec kLaunchpadValueFields[] = {
    {0x6c6176ull, "val", "value", Kind::kFloat, 3, 23, offsetof(LaunchpadValueRow, value_)},
    {0x6d7973ull, "sym", "symbol", Kind::kSymbol, 3, 16, offsetof(LaunchpadValueRow, symbol_)},
    {0x74ull, "t", "timestamp", Kind::kEpoch, 1, 23, offsetof(LaunchpadValueRow, timestamp_)},
};

const EventSpec kLaunchpadValue = {"LaunchpadValue", kLaunchpadValueFields, sizeof(LaunchpadValueRow), 3, 6};

const FieldSpec kIndexValueFields[] = {
    {0x6c6176ull, "val", "value", Kind::kFloat, 3, 23, offsetof(IndexValueRow, value_)},
    {0x54ull, "T", "ticker", Kind::kSymbol, 1, 16, offsetof(IndexValueRow, ticker_)},
    {0x74ull, "t", "timestamp", Kind::kMs, 1, 23, offsetof(IndexValueRow, timestamp_)},
};

const EventSpec kIndexValue = {"IndexValue", kIndexValueFields, sizeof(IndexValueRow), 3, 7};

const FieldSpec kForexQuoteFields[] = {
    {0x70ull, "p", "pair", Kind::kSymbol, 1, 16, offsetof(ForexQuoteRow, pair_)},
    {0x78ull, "x", "exchange_id", Kind::kInt, 1, 23, offsetof(ForexQuoteRow, exchange_id_)},
    {0x61ull, "a", "ask_price", Kind::kFloat, 1, 23, offsetof(ForexQuoteRow, ask_price_)},
    {0x62ull, "b", "bid_price", Kind::kFloat, 1, 23, offsetof(ForexQuoteRow, bid_price_)},
    {0x74ull, "t", "timestamp", Kind::kMs, 1, 23, offsetof(ForexQuoteRow, timestamp_)},
};

const EventSpec kForexQuote = {"ForexQuote", kForexQuoteFields, sizeof(ForexQuoteRow), 5, 8};

const FieldSpec kCurrencyAggFields[] = {
    {0x72696170ull, "pair", "pair", Kind::kSymbol, 4, 16, offsetof(CurrencyAggRow, pair_)},
    {0x76ull, "v", "volume", Kind::kFloat, 1, 23, offsetof(CurrencyAggRow, volume_)},
    {0x7776ull, "vw", "vwap", Kind::kFloat, 2, 23, offsetof(CurrencyAggRow, vwap_)},
    {0x7aull, "z", "avg_trade_size", Kind::kFloat, 1, 23, offsetof(CurrencyAggRow, avg_trade_size_)},
    {0x6full, "o", "open", Kind::kFloat, 1, 23, offsetof(CurrencyAggRow, open_)},
    {0x63ull, "c", "close", Kind::kFloat, 1, 23, offsetof(CurrencyAggRow, close_)},
    {0x68ull, "h", "high", Kind::kFloat, 1, 23, offsetof(CurrencyAggRow, high_)},
    {0x6cull, "l", "low", Kind::kFloat, 1, 23, offsetof(CurrencyAggRow, low_)},
    {0x73ull, "s", "start_timestamp", Kind::kMs, 1, 23, offsetof(CurrencyAggRow, start_timestamp_)},
    {0x65ull, "e", "end_timestamp", Kind::kMs, 1, 23, offsetof(CurrencyAggRow, end_timestamp_)},
};

const EventSpec kCurrencyAgg = {"CurrencyAgg", kCurrencyAggFields, sizeof(CurrencyAggRow), 10, 9};

const FieldSpec kCryptoTradeFields[] = {
    {0x72696170ull, "pair", "pair", Kind::kSymbol, 4, 16, offsetof(CryptoTradeRow, pair_)},
    {0x70ull, "p", "price", Kind::kFloat, 1, 23, offsetof(CryptoTradeRow, price_)},
    {0x74ull, "t", "timestamp", Kind::kMs, 1, 23, offsetof(CryptoTradeRow, timestamp_)},
    {0x73ull, "s", "size", Kind::kFloat, 1, 23, offsetof(CryptoTradeRow, size_)},
    {0x63ull, "c", "conditions", Kind::kCodes, 1, 23, offsetof(CryptoTradeRow, conditions_)},
    {0x69ull, "i", "id", Kind::kText, 1, 39, offsetof(CryptoTradeRow, id_)},
    {0x78ull, "x", "exchange", Kind::kInt, 1, 23, offsetof(CryptoTradeRow, exchange_)},
    {0x72ull, "r", "received_timestamp", Kind::kMs, 1, 23, offsetof(CryptoTradeRow, received_timestamp_)},
};

const EventSpec kCryptoTrade = {"CryptoTrade", kCryptoTradeFields, sizeof(CryptoTradeRow), 8, 10};

const FieldSpec kCryptoQuoteFields[] = {
    {0x72696170ull, "pair", "pair", Kind::kSymbol, 4, 16, offsetof(CryptoQuoteRow, pair_)},
    {0x706cull, "lp", "last_price", Kind::kFloat, 2, 23, offsetof(CryptoQuoteRow, last_price_)},
    {0x736cull, "ls", "last_size", Kind::kFloat, 2, 23, offsetof(CryptoQuoteRow, last_size_)},
    {0x7062ull, "bp", "bid_price", Kind::kFloat, 2, 23, offsetof(CryptoQuoteRow, bid_price_)},
    {0x7362ull, "bs", "bid_size", Kind::kFloat, 2, 23, offsetof(CryptoQuoteRow, bid_size_)},
    {0x7061ull, "ap", "ask_price", Kind::kFloat, 2, 23, offsetof(CryptoQuoteRow, ask_price_)},
    {0x7361ull, "as", "ask_size", Kind::kFloat, 2, 23, offsetof(CryptoQuoteRow, ask_size_)},
    {0x74ull, "t", "timestamp", Kind::kMs, 1, 23, offsetof(CryptoQuoteRow, timestamp_)},
    {0x78ull, "x", "exchange_id", Kind::kInt, 1, 23, offsetof(CryptoQuoteRow, exchange_id_)},
    {0x72ull, "r", "received_timestamp", Kind::kMs, 1, 23, offsetof(CryptoQuoteRow, received_timestamp_)},
};

const EventSpec kCryptoQuote = {"CryptoQuote", kCryptoQuoteFields, sizeof(CryptoQuoteRow), 10, 11};

const FieldSpec kLevel2BookFields[] = {
    {0x72696170ull, "pair", "pair", Kind::kSymbol, 4, 16, offsetof(Level2BookRow, pair_)},
    {0x74ull, "t", "timestamp", Kind::kMs, 1, 23, offsetof(Level2BookRow, timestamp_)},
    {0x72ull, "r", "received_timestamp", Kind::kMs, 1, 23, offsetof(Level2BookRow, received_timestamp_)},
    {0x78ull, "x", "exchange_id", Kind::kInt, 1, 23, offsetof(Level2BookRow, exchange_id_)},
    {0x62ull, "b", "bid_prices", Kind::kLevels, 1, 23, offsetof(Level2BookRow, bid_prices_)},
    {0x61ull, "a", "ask_prices", Kind::kLevels, 1, 23, offsetof(Level2BookRow, ask_prices_)},
};

const EventSpec kLevel2Book = {"Level2Book", kLevel2BookFields, sizeof(Level2BookRow), 6, 12};

const FieldSpec kConsolidatedQuoteFields[] = {
    {0x72696170ull, "pair", "pair", Kind::kSymbol, 4, 16, offsetof(ConsolidatedQuoteRow, pair_)},
    {0x7361ull, "as", "ask_size", Kind::kFloat, 2, 23, offsetof(ConsolidatedQuoteRow, ask_size_)},
    {0x7061ull, "ap", "ask_price", Kind::kFloat, 2, 23, offsetof(ConsolidatedQuoteRow, ask_price_)},
    {0x7861ull, "ax", "ask_exchange_id", Kind::kInt, 2, 23, offsetof(ConsolidatedQuoteRow, ask_exchange_id_)},
    {0x7362ull, "bs", "bid_size", Kind::kFloat, 2, 23, offsetof(ConsolidatedQuoteRow, bid_size_)},
    {0x7062ull, "bp", "bid_price", Kind::kFloat, 2, 23, offsetof(ConsolidatedQuoteRow, bid_price_)},
    {0x7862ull, "bx", "bid_exchange_id", Kind::kInt, 2, 23, offsetof(ConsolidatedQuoteRow, bid_exchange_id_)},
    {0x74ull, "t", "timestamp", Kind::kMs, 1, 23, offsetof(ConsolidatedQuoteRow, timestamp_)},
};

const EventSpec kConsolidatedQuote = {"ConsolidatedQuote", kConsolidatedQuoteFields, sizeof(ConsolidatedQuoteRow), 8, 13};

const FieldSpec kFuturesTradeFields[] = {
    {0x6d7973ull, "sym", "symbol", Kind::kSymbol, 3, 16, offsetof(FuturesTradeRow, symbol_)},
    {0x7aull, "z", "tape", Kind::kInt, 1, 23, offsetof(FuturesTradeRow, tape_)},
    {0x70ull, "p", "price", Kind::kFloat, 1, 23, offsetof(FuturesTradeRow, price_)},
    {0x73ull, "s", "size", Kind::kInt, 1, 23, offsetof(FuturesTradeRow, size_)},
    {0x74ull, "t", "timestamp", Kind::kMs, 1, 23, offsetof(FuturesTradeRow, timestamp_)},
    {0x71ull, "q", "sequence_number", Kind::kInt, 1, 23, offsetof(FuturesTradeRow, sequence_number_)},
};

const EventSpec kFuturesTrade = {"FuturesTrade", kFuturesTradeFields, sizeof(FuturesTradeRow), 6, 14};

const FieldSpec kFuturesQuoteFields[] = {
    {0x6d7973ull, "sym", "symbol", Kind::kSymbol, 3, 16, offsetof(FuturesQuoteRow, symbol_)},
    {0x7062ull, "bp", "bid_price", Kind::kFloat, 2, 23, offsetof(FuturesQuoteRow, bid_price_)},
    {0x7362ull, "bs", "bid_size", Kind::kInt, 2, 23, offsetof(FuturesQuoteRow, bid_size_)},
    {0x7462ull, "bt", "bid_timestamp", Kind::kMs, 2, 23, offsetof(FuturesQuoteRow, bid_timestamp_)},
    {0x7061ull, "ap", "ask_price", Kind::kFloat, 2, 23, offsetof(FuturesQuoteRow, ask_price_)},
    {0x7361ull, "as", "ask_size", Kind::kInt, 2, 23, offsetof(FuturesQuoteRow, ask_size_)},
    {0x7461ull, "at", "ask_timestamp", Kind::kMs, 2, 23, offsetof(FuturesQuoteRow, ask_timestamp_)},
    {0x74ull, "t", "sip_timestamp", Kind::kMs, 1, 23, offsetof(FuturesQuoteRow, sip_timestamp_)},
};

const EventSpec kFuturesQuote = {"FuturesQuote", kFuturesQuoteFields, sizeof(FuturesQuoteRow), 8, 15};

const FieldSpec kFuturesAggFields[] = {
    {0x6d7973ull, "sym", "symbol", Kind::kSymbol, 3, 16, offsetof(FuturesAggRow, symbol_)},
    {0x76ull, "v", "volume", Kind::kFloat, 1, 23, offsetof(FuturesAggRow, volume_)},
    {0x7664ull, "dv", "total_value", Kind::kFloat, 2, 23, offsetof(FuturesAggRow, total_value_)},
    {0x6full, "o", "open", Kind::kFloat, 1, 23, offsetof(FuturesAggRow, open_)},
    {0x63ull, "c", "close", Kind::kFloat, 1, 23, offsetof(FuturesAggRow, close_)},
    {0x68ull, "h", "high", Kind::kFloat, 1, 23, offsetof(FuturesAggRow, high_)},
    {0x6cull, "l", "low", Kind::kFloat, 1, 23, offsetof(FuturesAggRow, low_)},
    {0x6eull, "n", "transactions", Kind::kInt, 1, 23, offsetof(FuturesAggRow, transactions_)},
    {0x73ull, "s", "start_timestamp", Kind::kMs, 1, 23, offsetof(FuturesAggRow, start_timestamp_)},
    {0x65ull, "e", "end_timestamp", Kind::kMs, 1, 23, offsetof(FuturesAggRow, end_timestamp_)},
};

const EventSpec kFuturesAgg = {"FuturesAgg", kFuturesAggFields, sizeof(FuturesAggRow), 10, 16};

const ChannelSpec kStocksChannels[] = {
    {0x2254ull, 0xffffull, 2, "T", &kEquityTrade},
    {0x2251ull, 0xffffull, 2, "Q", &kEquityQuote},
    {0x2241ull, 0xffffull, 2, "A", &kEquityAgg},
    {0x224d41ull, 0xffffffull, 3, "AM", &kEquityAgg},
    {0x22444c554cull, 0xffffffffffull, 5, "LULD", &kLimitUpLimitDown},
    {0x22494f4eull, 0xffffffffull, 4, "NOI", &kImbalance},
    {0x22564d46ull, 0xffffffffull, 4, "FMV", &kFairMarketValue},
    {0x22564cull, 0xffffffull, 3, "LV", &kLaunchpadValue},
};

const ChannelSpec kOptionsChannels[] = {
    {0x2254ull, 0xffffull, 2, "T", &kEquityTrade},
    {0x2251ull, 0xffffull, 2, "Q", &kEquityQuote},
    {0x2241ull, 0xffffull, 2, "A", &kEquityAgg},
    {0x224d41ull, 0xffffffull, 3, "AM", &kEquityAgg},
    {0x22564d46ull, 0xffffffffull, 4, "FMV", &kFairMarketValue},
    {0x22564cull, 0xffffffull, 3, "LV", &kLaunchpadValue},
};

const ChannelSpec kForexChannels[] = {
    {0x2243ull, 0xffffull, 2, "C", &kForexQuote},
    {0x224143ull, 0xffffffull, 3, "CA", &kCurrencyAgg},
    {0x22534143ull, 0xffffffffull, 4, "CAS", &kCurrencyAgg},
    {0x22564d46ull, 0xffffffffull, 4, "FMV", &kFairMarketValue},
    {0x22564cull, 0xffffffull, 3, "LV", &kLaunchpadValue},
    {0x224d41ull, 0xffffffull, 3, "AM", &kEquityAgg},
};

const ChannelSpec kCryptoChannels[] = {
    {0x225458ull, 0xffffffull, 3, "XT", &kCryptoTrade},
    {0x225158ull, 0xffffffull, 3, "XQ", &kCryptoQuote},
    {0x224158ull, 0xffffffull, 3, "XA", &kCurrencyAgg},
    {0x22534158ull, 0xffffffffull, 4, "XAS", &kCurrencyAgg},
    {0x22324c58ull, 0xffffffffull, 4, "XL2", &kLevel2Book},
    {0x225358ull, 0xffffffull, 3, "XS", &kConsolidatedQuote},
    {0x22564d46ull, 0xffffffffull, 4, "FMV", &kFairMarketValue},
    {0x22564cull, 0xffffffull, 3, "LV", &kLaunchpadValue},
    {0x224d41ull, 0xffffffull, 3, "AM", &kEquityAgg},
};

const ChannelSpec kIndicesChannels[] = {
    {0x2256ull, 0xffffull, 2, "V", &kIndexValue},
    {0x2241ull, 0xffffull, 2, "A", &kEquityAgg},
    {0x224d41ull, 0xffffffull, 3, "AM", &kEquityAgg},
};

const ChannelSpec kFuturesChannels[] = {
    {0x2254ull, 0xffffull, 2, "T", &kFuturesTrade},
    {0x2251ull, 0xffffull, 2, "Q", &kFuturesQuote},
    {0x2241ull, 0xffffull, 2, "A", &kFuturesAgg},
    {0x224d41ull, 0xffffffull, 3, "AM", &kFuturesAgg},
};

}  // namespace

const EventSpec* const kEventSpecs[] = {
    &kEquityTrade,
    &kEquityQuote,
    &kEquityAgg,
    &kLimitUpLimitDown,
    &kImbalance,
    &kFairMarketValue,
    &kLaunchpadValue,
    &kIndexValue,
    &kForexQuote,
    &kCurrencyAgg,
    &kCryptoTrade,
    &kCryptoQuote,
    &kLevel2Book,
    &kConsolidatedQuote,
    &kFuturesTrade,
    &kFuturesQuote,
    &kFuturesAgg,
};

const MarketSpec kMarkets[kMarketCount] = {
    {"stocks", kStocksChannels, 8, 0},
    {"options", kOptionsChannels, 6, 1},
    {"forex", kForexChannels, 6, 2},
    {"crypto", kCryptoChannels, 9, 3},
    {"indices", kIndicesChannels, 3, 4},
    {"futures", kFuturesChannels, 4, 5},
};

}  // namespace fastpoly
