// For tests only: what a client asks of an object, and what a kind of data does with it. The models of a
// cluster (object_cluster_test.h, lineage_cluster_test.h) run on it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "checkers/promises/record_builder_test.h"
#include "harness/core/history.h"
#include "harness/core/prng.h"

namespace harness::testing {

/// Contents of one node: each key's elements in order. A register's are its one value, a counter's its steps.
using Contents = std::map<std::string, std::vector<int>>;

struct Call {
  double invoked = 0;
  double executed = 0;
  double completed = 0;
  int process = 0;
  int node = 0;  // that executes it; 0: nobody
  Function function = Function::kRead;
  std::string key;  // the object's instance
  int value = 0;    // a number of its own: what it writes
  bool answered = true;
  bool writes = false;
  Value argument;
  Value result;
  bool refused = false;
};

/// What the data type does: one instance for each object under test.
class Data {
 public:
  virtual ~Data() = default;
  /// Draws an operation: function, argument, writes.
  virtual void draw(Call& call, Prng& prng, ValueTable& values) = 0;
  virtual void make_read(Call& call, ValueTable& values) = 0;
  /// Takes effect on the contents; fills in the result.
  virtual void apply(Call& call, Contents& contents, ValueTable& values) = 0;
  /// The half of a transaction, for a torn one. False: there are no halves.
  virtual bool apply_half(const Call& call, Contents& contents) { return (void)call, (void)contents, false; }
  virtual std::string history_key(const Call& call) const { return call.key; }
  /// How many final operations show all of a key.
  virtual int final_reads() const { return 1; }
  /// Whether clients must see that this acknowledged write is lost. `heir`: what the heir began with.
  virtual bool shows_loss(const Call& lost, const std::vector<Call*>& stream,
                          const std::vector<Call*>& heir) {
    return (void)lost, (void)stream, (void)heir, true;
  }
  /// Whether clients must see that it is not lost.
  virtual bool shows_survival(const Call& kept, const std::vector<Call*>& heir) {
    return (void)kept, (void)heir, true;
  }
};

/// What the clients recorded of their calls: a read without an answer leaves no trace.
inline void record_calls(RecordBuilder& builder, const Data& data, const std::vector<Call>& calls) {
  for (const Call& call : calls) {
    if (!call.writes && !call.answered) continue;
    const Outcome outcome = !call.answered ? Outcome::kInfo : call.refused ? Outcome::kFail : Outcome::kOk;
    builder.operation(call.process, call.function, data.history_key(call), call.argument, call.result,
                      {call.invoked, call.completed}, call.node, outcome);
  }
}

}  // namespace harness::testing
