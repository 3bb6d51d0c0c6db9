#include "labs/runner/shell/lab_listeners.hpp"

#include "clients/cli/command_error.hpp"
#include "clients/net/control_client.hpp"

namespace portlab::labs {

namespace {

/// Whether portlabd did it.
bool change(const std::string& control, ControlCommand command, const std::string& listener) {
  try {
    ask_server(control, {command, listener});
    return true;
  } catch (const CommandError&) {
    return false;
  }
}

}  // namespace

std::optional<Listeners> read_listeners(const std::string& control) {
  try {
    Listeners listeners;
    for (const auto& row : ask_server(control, {ControlCommand::listeners, {}}).reply.listeners) {
      const auto& at = row.endpoint;
      // Neither a Unix socket nor a relay is a part of a lab.
      if (at.transport == Transport::local || !row.argument.empty()) continue;
      listeners.insert(row.service + "/" + std::string(to_string(at.transport)) + "=" +
                       at.address_and_port());
    }
    return listeners;
  } catch (const CommandError&) {
    return std::nullopt;
  }
}

bool restore_listeners(const std::string& control, const Listeners& wanted) {
  const auto present = read_listeners(control);
  if (!present) return false;
  bool changed = false;
  for (const auto& listener : *present)
    if (!wanted.contains(listener))
      changed = change(control, ControlCommand::close, listener) || changed;
  for (const auto& listener : wanted)
    if (!present->contains(listener))
      changed = change(control, ControlCommand::listen, listener) || changed;
  return changed;
}

}  // namespace portlab::labs
