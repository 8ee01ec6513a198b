#include "harness/faults/membership/migrate_then_cut.h"

#include "harness/faults/network/partition.h"

namespace harness {

std::unique_ptr<ActiveFault> inject_migrate_then_cut(FaultContext& context, const FaultRequest& request,
                                                     FaultRecord& record) {
  return inject_migrate_then(context, request, record, "cut", inject_partition_one);
}

}  // namespace harness
