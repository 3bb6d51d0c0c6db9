#include "labs/runner/model/alternatives.hpp"

#include <algorithm>

namespace portlab::labs {

namespace {

/// In which alternative the first `also:` of this part is used: optional steps are not in the first.
std::size_t first_alternative(const Lab& lab, const Part& part) {
  return lab.is_optional(part.step) ? 1 : 0;
}

std::size_t number_of_alternatives(const Lab& lab) {
  std::size_t number = 0;
  for (const auto& part : lab.parts) {
    const auto* activity = std::get_if<Activity>(&part.task);
    const auto others = activity == nullptr ? 0 : activity->other_commands.size();
    number = std::max(number, first_alternative(lab, part) + others);
  }
  return number;
}

Lab alternative(Lab lab, std::size_t which) {
  if (which == 0)
    std::erase_if(lab.parts, [&](const Part& part) { return lab.is_optional(part.step); });
  for (auto& part : lab.parts) {
    auto* activity = std::get_if<Activity>(&part.task);
    if (activity == nullptr) continue;
    const auto first = first_alternative(lab, part);
    if (which >= first && which - first < activity->other_commands.size()) {
      activity->commands.clear();  // `do:` may contain captured values, as `also:` may
      activity->auto_commands = {activity->other_commands[which - first]};
    }
    activity->compares_output = activity->conditions.empty();
  }
  return lab;
}

}  // namespace

std::vector<Lab> alternatives_of(const Lab& lab) {
  std::vector<Lab> labs;
  for (std::size_t i = 0; i < number_of_alternatives(lab); ++i) labs.push_back(alternative(lab, i));
  return labs;
}

}  // namespace portlab::labs
