// What one node holds, in a form of our own that does not depend on the make or version of the node, and how
// two such states differ. DUMP, DEBUG DIGEST and replication offsets are no proof: they depend on encodings,
// or say nothing of the content.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harness {

/// A number that the node does not know (it answers nil), and one that its make does not have at all.
inline constexpr std::int64_t kNotKnown = -1;
inline constexpr std::int64_t kNotTold = -2;

struct PendingEntry {
  std::string id;
  std::string consumer;
  std::int64_t deliveries = 0;
  friend bool operator==(const PendingEntry&, const PendingEntry&) = default;
};

struct StreamGroup {
  std::string last_delivered;
  std::int64_t entries_read = kNotTold;
  std::vector<PendingEntry> pending;   // in order of id
  std::vector<std::string> consumers;  // in order of name
};

/// What a stream is beside its entries.
struct StreamState {
  std::string last_id;
  std::string max_deleted_id;  // empty: not told
  std::int64_t entries_added = kNotTold;
  std::map<std::string, StreamGroup> groups;
};

/// What there is to say of a key beside its value.
struct KeyDetail {
  std::string type;                                   // empty: string
  std::int64_t expires_ms = 0;                        // unix time; 0: never
  std::map<std::string, std::int64_t> field_expires;  // of a hash: unix time in ms
  std::optional<StreamState> stream;
};

/// All keys of one node after the cluster settled (replicas read in READONLY mode).
struct FinalData {
  int node = 0;
  bool complete = false;  // false: the node could not be read whole
  std::string error;
  std::string behind;  // of a replica: why it had not caught up when it was read; empty: it had
  std::map<std::string, std::string> values;  // key -> value
  std::map<std::string, KeyDetail> details;   // of the keys that are more than a string
  std::map<std::string, std::string>
      foreign;  // keys that it holds and refuses to show, with its answer (MOVED)
  std::map<std::string, std::string> functions;  // library -> engine and code
  std::vector<std::string> not_compared;         // what was not read, in words
  bool field_expiry_read = false;                // its make can tell when fields of hashes expire
  int sample = 1;                                // one of so many keys was read, the same on every node
  std::int64_t read_from_ms = 0;                 // the node's own wall clock, unix time; 0: not known
  std::int64_t read_until_ms = 0;
};

void to_json(nlohmann::json& j, const FinalData& data);
void from_json(const nlohmann::json& j, FinalData& data);

struct DataDifference {
  enum class Kind : std::uint8_t {
    kKey,       // only one has the key, or they have different types or values
    kExpiry,    // of a key, or of a field of a hash
    kGroup,     // a stream's last id, a group, its position, or who has which entry pending
    kConsumer,  // only one has the consumer
    kCounter,   // what a stream or group has counted
    kFunction,  // a library of functions
  };
  Kind kind = Kind::kKey;
  std::string key;    // of kFunction the library
  std::string what;   // "the value", "the expiry", "group g: consumer c2"
  std::string first;  // what the first one has, for people
  std::string second;
};

/// Compares whole states. Keys and fields that expire may be gone on one side and not on the other while the
/// two were read: those are left out.
std::vector<DataDifference> differences(const FinalData& first, const FinalData& second);

/// "they differ in …": for messages.
std::string in_words(const DataDifference& difference, const std::string& first, const std::string& second);

/// The value for people: quoted, cut where it is long, around its place `from`.
std::string excerpt(std::string_view value, std::size_t from = 0);

}  // namespace harness
