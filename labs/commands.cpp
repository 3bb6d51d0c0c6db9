// The commands in labs/: a line in each of the two lists below.

#include "labs/commands.hpp"

#include <array>

namespace portlab {

Run run_enter;
Run run_lab;
Run run_myth;
Run run_tour;

namespace {

constexpr std::array table{
    Command{"tour", "the two-minute demonstration, checking itself", run_tour},
    Command{"lab", "the step-by-step labs, checked on live sockets", run_lab},
    Command{"myth", "what people get wrong about ports, tried out in a minute", run_myth},
    Command{"enter", "a shell or a command in portlabd's private network", run_enter},
};

}  // namespace

std::span<const Command> lab_commands() { return table; }

}  // namespace portlab
