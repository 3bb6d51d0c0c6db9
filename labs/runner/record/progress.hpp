#pragma once
// A student's progress in all labs: a JSON file, and a working folder for each lab. Both are in
// $XDG_STATE_HOME/portlab or ~/.local/state/portlab; where neither exists, beside the control
// socket.

#include <boost/json/object.hpp>
#include <map>
#include <optional>
#include <string>

#include "labs/runner/record/lab_record.hpp"

namespace portlab::labs {

class Progress {
 public:
  /// Reads the student's file, if there is one. A file that cannot be parsed is renamed to
  /// FILE.broken, with a message on stderr. `student` "": the user of this account. Throws a
  /// CommandError where the file cannot be read, or as refuse_other_case().
  explicit Progress(std::string student);

  const std::map<std::string, LabRecord>& labs() const { return labs_; }
  /// The record of this lab; an empty one if there is none.
  LabRecord of(const std::string& lab) const;
  /// Writes this record, and of other labs what is in the file by now, as another terminal may have
  /// changed it; FILE.lock is locked meanwhile. The file is either the old one or the new one, also
  /// after a power cut. Throws a CommandError.
  void save(const std::string& lab, const LabRecord& record);
  /// Makes the record of this lab empty, saves, and removes its working folder.
  void reset(const std::string& lab);
  /// The working folder of this lab; it is created, on a full disk in volatile_folder(). Throws a
  /// CommandError.
  std::string folder_of(const std::string& lab) const;
  /// Locks the working folder of this lab until this process ends (flock(2)); waits up to 2 s. Then
  /// reads the file again. False: another process has the lock.
  bool lock(const std::string& lab);

  const std::string& path() const { return path_; }
  const std::string& student() const { return student_; }
  /// What is in the file; with `lab`, only the record of that one, if it was started.
  boost::json::object to_json(const std::optional<std::string>& lab = std::nullopt) const;

 private:
  void read();

  const std::string student_;
  const std::string path_;
  std::map<std::string, LabRecord> labs_;
};

}  // namespace portlab::labs
