// What a model of `harness check --model` is: what a history of clients' operations is checked against. The
// table is checkers/models.h.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "checkers/common/budget.h"
#include "harness/core/history.h"
#include "harness/core/verdict.h"

namespace harness {

/// The options of harness/FORMATS.md's `check`; each model reads those that mean something to it.
struct ModelOptions {
  Budget budget;
  std::string initial;  // --initial, as JSON text; empty: the model's own first value
  bool null_read_unconstrained =
      false;  // --null-read unconstrained: an ok read of null says nothing (Knossos)
  bool failed_cas_observed =
      false;  // --failed-cas observed: a failed cas saw another value (porcupine's etcd model)
  std::vector<std::string> consistency;  // --consistency, Elle's names; empty: strict-serializable
  std::vector<std::string> anomalies;    // --anomalies; empty: those the consistency model forbids
  bool linearizable_keys = false;        // rw-register: how versions of a key may be ordered, as in Elle
  bool sequential_keys = false;
  bool wfr_keys = false;
  bool cross_check = false;  // compare the fast algorithm with the general search
  // What a history that is checked some keys at a time shows as a whole (harness/core/key_sizes.h).
  bool increments_return_counts = false;
};

/// Whether a history is screened first (screening.h), and by which reading.
enum class Screened : std::uint8_t { kNo, kRegister, kKv };

/// Graphviz texts.
using Drawings = std::map<std::pair<std::string, std::vector<std::size_t>>, std::string>;

struct Model {
  std::string_view name;
  std::string_view description;
  CheckResult (*check)(const History&, const ModelOptions&);
  bool per_key = false;  // each key is an object of its own: a history may be checked some keys at a time
  Screened screened = Screened::kNo;
  // How what it found is drawn, by type and operations of the anomaly, where more is known than the
  // operations.
  Drawings (*draw)(const History&, const ModelOptions&) = nullptr;
};

}  // namespace harness
