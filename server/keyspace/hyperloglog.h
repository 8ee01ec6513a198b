/// HyperLogLog: how many different elements were added, estimated with a standard error of 0.81 %, in a
/// string of at most 12304 bytes that GET, DUMP and the dump file see as any other.
///
/// The string, as redis defines it for all (values move between servers): 16 bytes of header ("HYLL", the
/// form, three zeros, the cached estimate in 8 little-endian bytes whose top bit says that it is stale), then
/// 16384 registers. Dense: 6 bits each, from the low bit of the first byte on. Sparse: runs,
///   00llllll            l+1 registers of 0
///   01llllll llllllll   l+1 registers of 0
///   1vvvvvll            l+1 registers of v+1
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace node::hll {

inline constexpr std::size_t kRegisters = 16384;
inline constexpr std::size_t kHeader = 16;
inline constexpr std::size_t kDenseSize = kHeader + kRegisters * 6 / 8;

enum class Form : std::uint8_t { dense = 0, sparse = 1 };
enum class Raised { no, yes, corrupt };
using Registers = std::array<std::uint8_t, kRegisters>;

/// An empty one, sparse.
std::string make();
/// Whether the header is that of a HyperLogLog; a sparse body may still be corrupt.
bool recognised(std::string_view value);
Form form_of(std::string_view value);

// All that follows REQUIRES recognised(value).

/// Adds an element. A sparse value turns dense when it would grow past `sparse_max` bytes or holds a value
/// that runs cannot express.
Raised add(std::string& value, std::string_view element, std::size_t sparse_max);
/// Makes a register at least `level`.
Raised raise(std::string& value, std::size_t index, std::uint8_t level, std::size_t sparse_max);
/// False: corrupt, and unchanged.
bool make_dense(std::string& value);
/// Each of `max` becomes at least what the value has. False: corrupt; `max` may have changed.
bool merge_into(Registers& max, std::string_view value);
/// The estimate; nothing when corrupt.
std::optional<std::uint64_t> estimate(std::string_view value);
std::uint64_t estimate(const Registers& registers);

/// The estimate kept in the header, unless it is stale.
std::optional<std::uint64_t> cached(std::string_view value);
void keep_estimate(std::string& value, std::uint64_t estimate);
void forget_estimate(std::string& value);

std::uint8_t dense_register(std::string_view value, std::size_t index);
/// "z:3 Z:16380 v:2,1": the runs, for people. REQUIRES: sparse.
std::string describe(std::string_view value);

}  // namespace node::hll
