// The lattice of transactional consistency models and of the anomalies that each forbids: what a found
// anomaly says about the models a history can still satisfy.
//
// Names and relations are Elle's (Kingsbury & Alvaro 2020, elle.consistency-model), which gathers Adya ("Weak
// Consistency", PL-*), Bailis et al. ("Highly Available Transactions"), Cerone et al. ("A Framework for
// Transactional Consistency Models with Atomic Visibility") and Daudjee & Salem (strong session SI).
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>

namespace harness {

/// Names from this module's tables, which live as long as the program.
using NameSet = std::set<std::string_view>;

/// The canonical name of a model: "serializable" -> "PL-3". Throws UsageError, with the nearest known name,
/// for a name that is not a model's.
std::string_view canonical_model(std::string_view name);
/// The name people use: "PL-3" -> "serializable"; a name that has no other stays as it is.
std::string_view friendly_model(std::string_view canonical);
/// The table's own copy of an anomaly's name. Throws UsageError, with the nearest known name, for an unknown
/// one.
std::string_view known_anomaly(std::string_view name);

/// All names that canonical_model() accepts, and all that known_anomaly() does.
NameSet model_names();
NameSet anomaly_names();

/// These anomalies and every one whose presence implies one of them: to look for G1 is to look for G1a too.
NameSet anomalies_implying(const NameSet& anomalies);
/// These anomalies and every one that their presence implies: a G0 is a G1c.
NameSet anomalies_implied_by(const NameSet& anomalies);
/// What must be absent for all of these models (any of their names) to hold.
NameSet anomalies_prohibited_by(std::span<const std::string> models);
/// The canonical names of a model (any of its names) and of every weaker one that holds with it.
NameSet models_implied_by(std::string_view model);
/// The canonical names of the models that cannot hold when these anomalies are present.
NameSet models_impossible_with(const NameSet& anomalies);

/// What anomalies rule out, in friendly names: the weakest models violated, and the stronger ones that go
/// with them.
struct ModelBoundary {
  NameSet weakest;  // Elle's :not
  NameSet also;     // Elle's :also-not
};
ModelBoundary boundary_of(const NameSet& anomalies);

}  // namespace harness
