#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What the sbatch of Slurm does with an array job and with a job that depends on one, on one machine: a copy of the
# script runs in the folder where it was submitted, before sbatch returns, two tasks at a time. What this does not know
# it refuses.
set -u

parsable=no dependency='' command=''
while [ $# -gt 0 ]; do
  case $1 in
    --parsable) parsable=yes ;;
    --dependency=afterok:*) dependency=${1#*afterok:} ;;
    --wrap=*) command=${1#*=} ;;
    -*) echo "sbatch: $1 is not known here" >&2; exit 1 ;;
    *) break ;;
  esac
  shift
done

# Jobs are folders, by number.
id=$(($(find "$SBATCH_JOBS" -mindepth 1 -maxdepth 1 | wc -l) + 1))
job=$SBATCH_JOBS/$id
mkdir "$job"
if [ -n "$command" ]; then printf '#!/bin/sh\n%s\n' "$command" > "$job/script"; else cp "$1" "$job/script"; fi
if [ "$parsable" = yes ]; then echo "$id"; else echo "Submitted batch job $id"; fi

if [ -n "$dependency" ] && [ "$(cat "$SBATCH_JOBS/$dependency/code")" != 0 ]; then
  echo "job $id never runs: job $dependency failed" >&2
  exit 0
fi

# What the script asks for: `#SBATCH --name=value`, up to its first command.
asked() { sed -n "/^[^#]/q; s/^#SBATCH --$1=//p" "$job/script"; }

array=$(asked array)
if [ -z "$array" ]; then
  sh "$job/script" > "slurm-$id.out" 2>&1
else
  first=${array%-*} last=${array#*-}
  task='{}'
  output=$(asked output)
  export SLURM_ARRAY_TASK_COUNT=$((last - first + 1)) SLURM_CPUS_PER_TASK
  SLURM_CPUS_PER_TASK=$(asked cpus-per-task)
  seq "$first" "$last" | xargs -P 2 -I "$task" \
    env SLURM_ARRAY_TASK_ID="$task" sh -c 'bash "$0" > "$1" 2>&1' "$job/script" "${output//%a/$task}"
fi
echo $? > "$job/code"
