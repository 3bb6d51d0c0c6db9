#pragma once
// A process that looks at an office: looking moves a process through the networks of the hosts, so that
// it could not relay at the same time.

#include "common/system/file_descriptor.hpp"
#include "labs/network/office/running_office.hpp"

namespace portlab {

/// Starts it. For each byte that is sent to this socket, one line of JSON comes back: the document of
/// `portlab office map --json`; where the office cannot be read, {"problems": [TEXT]}. The process ends
/// with its parent, or when the socket is closed. After join_user_namespace(). None: it cannot be
/// started.
FileDescriptor start_office_observer(const office::RunningOffice& office);

}  // namespace portlab
