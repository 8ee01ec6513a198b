#include "checkers/checkers.h"

#include "checkers/durability.h"
#include "checkers/history_lint.h"
#include "checkers/promises/availability.h"
#include "checkers/promises/coverage.h"
#include "checkers/promises/data_agreement.h"
#include "checkers/promises/documented.h"
#include "checkers/promises/elections.h"
#include "checkers/promises/epochs.h"
#include "checkers/promises/expectations.h"
#include "checkers/promises/failovers.h"
#include "checkers/promises/failure_reports.h"
#include "checkers/promises/logs.h"
#include "checkers/promises/membership.h"
#include "checkers/promises/minority_writes.h"
#include "checkers/promises/reload.h"
#include "checkers/promises/replicas.h"
#include "checkers/promises/replication.h"
#include "checkers/promises/replies.h"
#include "checkers/promises/role_convergence.h"
#include "checkers/promises/slot_coverage.h"
#include "checkers/promises/strength.h"
#include "checkers/promises/stuck_client.h"
#include "checkers/promises/views.h"
#include "checkers/promises/votes.h"

namespace harness {
namespace {

/// What was promised to the clients stands first, then the cluster's own order, then the strength of the run.
constexpr Checker kCheckers[] = {
    {"register", "acknowledged writes are lost only in documented windows", check_register},
    {"minority-writes", "a master without the majority stops accepting writes", check_minority_writes},
    {"data-agreement", "keys are where they belong, and final reads saw what is stored",
     check_data_agreement},
    {"replicas", "replicas hold what their masters hold", check_replicas},
    {"replication", "streams fork where nodes say, and lost links are told", check_replication},
    {"reload", "after an orderly end a node's files give what it held", check_reload},
    {"slot-coverage", "every slot has one owner, and is served in the end", check_slot_coverage},
    {"availability", "slots are without an accepted owner no longer than a failover takes",
     check_availability},
    {"role-convergence", "each shard ends with one master and its replicas", check_role_convergence},
    {"membership", "who belongs and which shard has which slots is as the plan intended", check_membership},
    {"durability", "a restarted process serves what its persistence promises", check_durability},
    {"views", "NODES, SLOTS, SHARDS and INFO agree, at every node and between nodes", check_views},
    {"failover", "lost masters are replaced in time, others are not", check_failover},
    {"failure-reports", "a node is declared failed only by a majority of the masters", check_failure_reports},
    {"epochs", "epochs are unique and never go back", check_epochs},
    {"elections", "replicas ask for votes in their turn, masters that come back wait", check_elections},
    {"votes", "one vote an epoch, for a good reason", check_votes},
    {"logs", "no unexpected crash, assertion failure or exit", check_logs},
    {"stuck-client", "a command that names a timeout is answered when it is over", check_stuck_client},
    {"replies", "errors that clients got were true", check_replies},
    {"expectations", "what the plan expects comes true, and its commands are answered so",
     check_expectations},
    {"history-lint", "the history can be believed: nothing that failed was read", check_history_lint},
    {"coverage", "what the run reached: commands, error replies, states", check_coverage},
    {"strength", "the run stressed the server enough to conclude", check_strength},
};

}  // namespace

std::span<const Checker> checkers() {
  return kCheckers;
}

const Checker* find_checker(std::string_view name) {
  for (const Checker& checker : checkers())
    if (checker.name == name) return &checker;
  return nullptr;
}

}  // namespace harness
