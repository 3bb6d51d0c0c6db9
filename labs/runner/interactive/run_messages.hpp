#pragma once
// The longer messages of the interactive runner: at the beginning of a lab, and at its end.

#include "labs/network/lab_network.hpp"
#include "labs/runner/interactive/printer.hpp"
#include "labs/runner/model/lab.hpp"
#include "labs/runner/record/lab_record.hpp"

namespace portlab::labs {

/// Title, introduction, and where the lab runs. `is_repeated`: the student has finished it before;
/// `is_registered`: `portlab enter` finds it.
void print_beginning(const Printer& printer, const Lab& lab, const LabRecord& record,
                     const LabNetwork& network, bool is_repeated, bool is_registered);

/// How many answers were right, and what to do next.
void print_summary(const Printer& printer, const Lab& lab, const LabRecord& record);

}  // namespace portlab::labs
