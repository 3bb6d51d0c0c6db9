// The commands in labs/: a line in each of the two lists below.

#include "labs/lab_commands.hpp"

#include <array>

namespace portlab {

Run run_enter;
Run run_lab;
Run run_myth;
Run run_tour;

namespace {

constexpr std::array table{
    Command{"tour", "a demonstration of two minutes that checks itself", run_tour},
    Command{"lab", "step-by-step labs, checked on real sockets", run_lab},
    Command{"myth", "wrong beliefs about ports, each tested in a minute", run_myth},
    Command{"enter", "a shell or a command in the private network of a lab or portlabd", run_enter},
};

}  // namespace

std::span<const Command> lab_commands() { return table; }

}  // namespace portlab
