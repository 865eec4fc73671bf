#!/bin/sh
# examples/record with stubs in place of the programs and of what builds them: commits that come between
# runs, runs that fail, relative folders, estimates that fail, IDs that are expressions.
# usage: test-record-stubs.sh RECORD
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
command -v git >/dev/null 2>&1 || exit 77
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder/top/examples" "$folder/tools" "$folder/calls/data"
cp "$1" "$folder/top/examples/record"
echo 'provide() { :; }' >"$folder/top/examples/setup.sh"
cd "$folder/calls"

# shellcheck source=/dev/null
. "$here/common.sh"

# tool NAME: a program that does what stdin says.
tool() {
    {
        echo '#!/bin/sh'
        cat
    } >"$1"
    chmod +x "$1"
}

tool ../tools/meson <<'END'
mkdir -p "$2" && touch "$2/build.ninja"
END
tool ../tools/ninja <<'END'
mkdir -p "$2/examples"
for name in cifar_cnn mnist_mlp kmnist_mlp_cnn digits_fashion_cnn fashion_committee fashion_skip_concat; do
    cp "$2/../source/examples/program" "$2/examples/$name"
done
END
PATH="$folder/tools:$PATH"
export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t

# commit VERSION FAILING STOPPING: of a program in which runs of these IDs fail, or stop the recorder.
commit() {
    {
        printf 'version=%s failing=" %s " stopping=" %s "\n' "$1" "$2" "$3"
        cat <<'END'
name=${0##*/}
if [ "$1" = --tables ]; then
    [ -d "$3" ] && echo "$version $(cd "$3" && ls -d *.json */*.json 2>/dev/null | tr '\n' ' ')" >"$3/results.md"
    exit $?
fi
if [ "$1" = --list ]; then
    [ "$name" = mnist_mlp ] && printf '%s a run\n' M1 M2 M12 Mx
    [ "$name" = cifar_cnn ] && printf '%s a run\n' C1
    exit 0
fi
id=$2
[ -e "$NEURON_DATA/mark" ] || { echo "error: no data in $NEURON_DATA" >&2; exit 1; }
case " $* " in *' --estimate '*) echo "$id about ${id#?} s"; exit 0 ;; esac
mkdir -p "out/$name"
state=out/$name/$id-state.safetensors
[ ! -e "$state" ] || from=$(cat "$state")
[ -e "$state" ] || echo "$version" >"$state"
case $failing in *" $id "*) echo "error: $id cannot" >&2; exit 1 ;; esac
case $stopping in *" $id "*) kill "$(cat "$RECORDER")"; exec sleep 2 ;; esac
echo "{\"confusion\": 1, \"test_accuracy\": 0.5, \"epochs\": 1, \"by\": \"$version\", \"from\": \"${from-}\", \"command\": \"$*\"}" >"out/$name/$id.json"
END
    } | tool ../top/examples/program
    git -C ../top add -A
    git -C ../top commit -q -m "$1"
}

export RECORD_NICE=0 NEURON_RECORD="$folder/work" RECORD_RESULTS="$folder/results" RECORDER="$folder/recorder"
record() {
    sh -c 'echo $$ >"$RECORDER"; exec sh "$@"' sh "$folder/top/examples/record" "$@"
}

# ended STATUS COMMAND...
ended() {
    expected=$1
    shift
    status=0
    "$@" >stdout 2>stderr || status=$?
    [ "$status" -eq "$expected" ] || fail "$* ended with status $status: $(cat stdout)"
}

made_by() {
    says "../results/mnist_mlp/$1.json" "\"by\": \"$2\", \"from\": \"$3\""
}

git init -q ../top

# A run that fails keeps no other from the newest program, and is itself begun anew with it.
export NEURON_DATA=data
touch data/mark
commit one M2 ''
ended 1 record M1 M2
says stderr 'record: M2 failed: error: M2 cannot'
made_by M1 one ''
ended 1 record M2 # the same program: goes on, and fails again
[ -e ../work/out/mnist_mlp/M2-state.safetensors ] || fail 'what may go on is gone'
commit two M2 M12
ended 130 record M12 # which is stopped in the middle
says stdout '^Building in'
commit three '' ''
ended 0 record Mx # not anew in the middle of a run
keeps_quiet stdout 'Building'
made_by Mx two ''
ended 130 record M12
commit four '' ''
rm ../work/out/mnist_mlp/M12-state.safetensors
ended 0 record M2 M12
says stdout '^Building in'
made_by M2 four ''
made_by M12 four ''

# What failed and is not to run now is left for later.
rm -r ../results/mnist_mlp ../work/out
commit five M2 ''
ended 1 record M2
commit six '' ''
ended 0 record M1
made_by M1 six ''
ended 0 record M2
made_by M2 six ''

# A failure that is none of the program's: the same program goes on.
rm -r ../results/mnist_mlp ../work/out
commit seven M1 ''
ended 1 record M1
sed -i 's/failing=" M1 "/failing=""/' ../work/build/examples/mnist_mlp
ended 0 record M1
made_by M1 seven seven

# Folders are the caller's.
rm -r ../results ../work/out
cp -r ../work/build/examples programs
ended 0 env RECORD_PROGRAMS=programs sh "$folder/top/examples/record" M1
(cd .. && NEURON_DATA=calls/data RECORD_PROGRAMS=./calls/programs NEURON_RECORD=work RECORD_RESULTS=results \
    sh top/examples/record M2) >stdout 2>stderr || fail 'relative folders'
ends_with 2 'RECORD_PROGRAMS: there is no folder nowhere' env RECORD_PROGRAMS=nowhere sh "$1" M1

# An estimate that fails is none, and no more is one that an earlier version kept.
rm -r ../results ../work/out ../work/costs
rm data/mark
ended 1 record M12
[ ! -s ../work/costs ] || fail 'kept what is no estimate'
touch data/mark
echo 'M2 0' >../work/costs
ended 0 record M12 M2
says stdout '2 left, about .*: M2 M12$'
says ../work/costs '^M12 12$'
says ../work/costs '^M2 2$'

# Another seed has a folder of its own, beside the records of the first.
rm -r ../results ../work/out
commit eight '' 'M2'
ended 0 record M1
ended 0 record --seed 2 M1
says stdout '^M1  test accuracy 0.5'
says ../results/mnist_mlp/M1.json '"command": "--run M1 --seed 1 '
says ../results/mnist_mlp/seed-2/M1.json '"command": "--run M1 --seed 2 '
says ../results/mnist_mlp/results.md 'M1.json seed-2/M1.json'
[ -e ../work/seed-2/out/mnist_mlp/M1-state.safetensors ] || fail 'no place of its own'
ended 0 record --seed 2 M1
says stdout '^all are recorded$'
ended 130 record --seed 2 M2
commit nine '' ''
ended 0 record --seed 3 M1 # not anew in the middle of a run of another seed
keeps_quiet stdout 'Building'
says ../results/mnist_mlp/seed-3/M1.json '"by": "eight"'
rm ../work/seed-2/out/mnist_mlp/M2-state.safetensors
ended 0 record --seed 2 M2
says stdout '^Building in'
says ../results/mnist_mlp/seed-2/M2.json '"by": "nine"'
for seed in '' two -1 01 1.5; do
    ends_with 2 '--seed takes an integer' record --seed "$seed" M1
done
ends_with 2 'a value is missing after --seed' record --seed

# What is said of data may be said of one program's alone.
rm -r ../results ../work/out
ended 0 record --data-note 'cifar_cnn=of one = two' --data-note 'of none' M1 C1
says ../results/mnist_mlp/M1.json '--data-note of none"'
says ../results/cifar_cnn/C1.json '--data-note of one = two"'
rm -r ../results ../work/out
ended 0 record --data-note 'cifar_cnn=of one' M1 C1
keeps_quiet ../results/mnist_mlp/M1.json '--data-note'
says ../results/cifar_cnn/C1.json '--data-note of one"'

# What is made of all records, where there is what makes it.
cat >../top/examples/findings <<'END'
import os, sys
open(os.path.join(sys.argv[2], "findings.md"), "w").write(" ".join(sorted(os.listdir(sys.argv[2]))) + "\n")
END
if command -v python3 >/dev/null 2>&1; then
    ended 0 record M2
    says ../results/findings.md '^cifar_cnn findings.md mnist_mlp$'
    rm ../results/findings.md
    ended 0 record --tables
    says ../results/findings.md '^cifar_cnn findings.md mnist_mlp$'
    echo 'raise SystemExit(1)' >../top/examples/findings
    ends_with 2 'cannot write what is made of the records' record --tables
fi
rm -r ../top/examples/findings ../results/mnist_mlp/M2.json

# Tables alone, while another call records.
echo old >../results/mnist_mlp/results.md
ended 0 record --tables
says ../results/mnist_mlp/results.md '^nine M1.json'
rm ../results/mnist_mlp/results.md
(
    flock -n 9
    ends_with 2 'another call is recording' record --tables
    ended 0 env RECORD_PROGRAMS=programs sh "$folder/top/examples/record" --tables
) 9>../work/lock
says ../results/mnist_mlp/results.md '^seven M1.json'
ends_with 2 '--tables takes no run' record --tables M1

# An ID is none but itself.
for id in M. 'M1*' 'M[12]' 'M1\' '' M; do
    ends_with 2 'there is no run' record "$id"
done
