#!/bin/sh
# Runs the example programs as a user would, and reads what they say and write.
# usage: test-examples.sh FASHION_COMMITTEE FASHION_SKIP_CONCAT QUICK_START
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
committee=$(realpath "$1")
skip_concat=$(realpath "$2")
quick_start=$(realpath "$3")

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

# shellcheck source=/dev/null
. "$here/common.sh"

# refuses TEXT COMMAND...: a wrong command line; nothing on stdout.
refuses() {
    ends_with 2 "$@"
    [ ! -s stdout ] || fail "$* printed on stdout"
}

bad_options() {
    refuses 'no option "--what"' "$1" --what
    refuses 'missing after "--out"' "$1" --out
    refuses 'missing after "--run"' "$1" --run ''
    refuses 'whole number' "$1" --epochs 0
    refuses 'whole number' "$1" --epochs 3x
    refuses 'whole number' "$1" --limit -1
    refuses 'whole number' "$1" --threads 1000
    refuses 'whole number' "$1" --seed 99999999999999999999999
    refuses 'no run "F99"' "$1" --run F99
    refuses 'no run ""' "$1" --run all,
}

# good OUT IDS SOURCE COMMAND...: a quick run, whose results name IDS and the SOURCE of the data.
good() {
    out=$1
    ids=$2
    source=$3
    shift 3
    "$@" --quick --out "$out" >stdout 2>stderr || fail "$* failed"
    says stdout 'Total parameters'
    says stdout 'macro avg'
    says stdout "written to $out"
    [ -s "$out/results.md" ] || fail "$* wrote no results.md"
    for id in $ids; do
        [ -s "$out/$id.safetensors" ] || fail "$* wrote no $id.safetensors"
        grep -q "\"id\": \"$id\"" "$out/results.json" || fail "results.json lacks $id"
    done
    if [ -n "$python" ]; then
        # shellcheck disable=SC2086 # one word for each run
        "$python" "$here/check-results.py" "$out" "$source" $ids
    fi
}

python=$(command -v /usr/bin/python3 || command -v python3 || true)

# set_up SHELL TOOLS: installs with no commands but those in TOOLS.
set_up() {
    status=0
    PATH=$2 /bin/sh -c '. "$1"
        need_much() { need much-dev much; }
        need_more() { need more-dev more; }
        '"$1" sh "$here/../../examples/setup.sh" >stdout 2>stderr || status=$?
}

# A system without apt-get: what is missing is named, and the set-up goes on if it is not needed.
set_up 'provide true need_much need_more need_much && echo "goes on"' /nonexistent
says stderr 'No apt-get here.*: much-dev more-dev$'
says stdout 'goes on'
set_up 'provide need_much need_more && echo "goes on"' /nonexistent
[ "$status" -eq 1 ] || fail "the set-up went on without what it needs"
says stderr '^Cannot go on without .*: much-dev$'

# One without network, and with a package that it does not know: a line for each thing that failed.
mkdir apt
for tool in env grep id mktemp rm tail; do
    ln -s "$(command -v $tool)" apt/$tool
done
printf '#!/bin/sh\nexec "$@"\n' >apt/sudo
printf '#!/bin/sh\necho "Err:1 http://debian bookworm"; echo "W: Failed to fetch"; echo "E: no network"; exit 100\n' >apt/apt-get
printf '#!/bin/sh\n[ "$2" != much-dev ]\n' >apt/apt-cache
chmod +x apt/apt-get apt/apt-cache apt/sudo
set_up 'provide need_much need_more' "$folder/apt"
[ "$status" -eq 1 ] || fail "the set-up went on without what it needs"
[ "$(wc -l <stderr)" -eq 4 ] || fail "not one line for each thing that failed"
says stderr '^apt-get update failed: E: no network$'
says stderr '^This system knows no package much-dev$'
says stderr '^apt-get install failed: E: no network$'
says stderr '^Cannot go on without .*: much-dev$'

bad_options "$committee"
bad_options "$skip_concat"

"$committee" --help | grep -q -- --epochs || fail "--help does not name --epochs"
"$committee" --help | grep -q -- --describe || fail "--help does not name --describe"

# Generated images, if they are asked for. The members of the three committees start and train alike, but for
# which epoch is kept and which images validate.
usual='F1 F2 F3 F4 F4-vote F6 F6-vote'
good generated "$usual F1-best F2-best F3-best F4-best F1-sound F2-sound F3-sound F4-sound F6-sound" generated \
    "$committee" --data generated --run all --seed 7 --threads 2
[ -s generated/committee.safetensors ] || fail "no committee.safetensors"
for id in F1 F2 F3; do
    for name in "$id" "$id-best" "$id-sound"; do
        grep -o '"train_loss": [0-9.e-]*' "generated/$name.json" | head -n 1
    done | sort -u >losses
    [ "$(wc -l <losses)" -eq 1 ] || fail "the only epoch of $id is not its best"
    says "generated/$id.json" '"validation_examples": 140, "test_examples": 140'
    says "generated/$id.json" '"keeps": "the last epoch"'
    says "generated/$id-best.json" '"keeps": "the epoch with the best validation accuracy"'
    says "generated/$id-sound.json" '"split": "0.86, 0.1, 0.04 of each class, at random"'
done
good generated-skip "F5 F7" generated "$skip_concat" --data generated --run all
grep -q '^| F5 .* 0\.9100 ' generated-skip/results.md || fail "F5 has no figure of the document"

# A committee alone trains its members; the same seed gives the same model.
good alone 'F1 F2 F3 F4' generated "$committee" --data generated --run F4 --seed 7 --threads 1
cmp generated/F3.safetensors alone/F3.safetensors || fail "threads change the parameters"
good one F3 generated "$committee" --data generated --run F3 --seed 7
cmp generated/F3.safetensors one/F3.safetensors || fail "other runs change the parameters"

# Without --quick and --epochs a run is as long as the document's.
succeeds "$committee" --data generated --limit 32 --run F1 --out long
says long/F1.json '"epochs": 50, "seconds"'
says long/F1.json '"reported": .*"epochs": 50'
succeeds "$skip_concat" --data generated --limit 32 --run F7 --out long
says long/F7.json '"epochs": 50, "seconds"'
says long/F7.json '"reported": .*"epochs": 50'

# examples/run trains briefly; what is given to it goes to the program instead. Nothing is built here.
mkdir -p tree/examples tree/build/examples tools
cp "$here/../../examples/run" tree/examples/run
printf 'check_data() { :; }\nprovide() { :; }\n' >tree/examples/setup.sh
printf '#!/bin/sh\necho "given $*."\n' >tree/build/examples/fashion_committee
for tool in meson ninja pkg-config; do
    printf '#!/bin/sh\n' >"tools/$tool"
done
chmod +x tree/build/examples/fashion_committee tools/*
succeeds env PATH="$folder/tools:$PATH" sh tree/examples/run
says stdout '^given --epochs 3\.$'
says stdout '^This builds the library and runs fashion_committee --epochs 3:$'
says stdout '^Training takes about .* here\.$'
succeeds env PATH="$folder/tools:$PATH" sh tree/examples/run --seed 2
says stdout '^given --seed 2\.$'

# Recipes are run before it where there are no options, each in another folder, and one that fails is the end.
mkdir -p tree/examples/recipes tree/build/examples/recipes
touch tree/examples/recipes/soup.c tree/examples/recipes/unmade.c
printf '#!/bin/sh\necho "stirring"; echo here >spoon; echo "salt: 0.5"\n' >tree/build/examples/recipes/soup
chmod +x tree/build/examples/recipes/soup
succeeds env PATH="$folder/tools:$PATH" sh tree/examples/run
says stdout '^ *soup  *salt: 0\.5$'
keeps_quiet stdout 'stirring\|unmade'
says stdout '^given --epochs 3\.$'
[ ! -e spoon ] || fail "a recipe wrote into the folder of the caller"
succeeds env PATH="$folder/tools:$PATH" sh tree/examples/run --seed 2
keeps_quiet stdout soup
printf '#!/bin/sh\necho "no salt"; exit 1\n' >tree/build/examples/recipes/soup
status=0
env PATH="$folder/tools:$PATH" sh tree/examples/run >stdout 2>stderr || status=$?
[ "$status" -eq 1 ] || fail "a recipe failed, and the script ended with status $status"
says stderr '^no salt$'
says stderr '^The recipe soup failed\.$'
keeps_quiet stdout '^given'
rm -r tree/examples/recipes

# Help is there before anything is installed or built; the rest of the help when it is.
printf 'check_data() { :; }\nprovide() { echo "put in place"; }\n' >tree/examples/setup.sh
succeeds sh tree/examples/run --help
says stdout '^given --help\.$'
keeps_quiet stdout "put in place"
mv tree/build built
succeeds sh tree/examples/run --quick --help
says stdout '^usage: sh examples/run'
keeps_quiet stdout "put in place"
mv built tree/build

# A folder for data that is not there is no reason to take other data.
for program in "$committee" "$skip_concat"; do
    ends_with 1 "NEURON_DATA: there is no folder $folder/none" env NEURON_DATA="$folder/none" \
        "$program" --quick --out elsewhere
done
for script in examples/run tests/run; do
    ends_with 2 "NEURON_DATA: there is no folder $folder/none" env NEURON_DATA="$folder/none" \
        sh "$here/../../$script"
done

# A set that is there but damaged is an error.
mkdir damaged
printf 'not images' >damaged/train-images-idx3-ubyte
if "$committee" --quick --data damaged --out damaged/out >stdout 2>stderr; then
    fail "a damaged set was accepted"
fi
says stderr 'train-images-idx3-ubyte'

# The real set, where it is.
for data in "${NEURON_DATA:-/usr/share/datasets}" /usr/share/datasets; do
    if [ -e "$data/fashion-mnist/train-images-idx3-ubyte.gz" ]; then
        good real "$usual" real "$committee" --data "$data"
        good real-skip "F5 F7" real "$skip_concat" --data "$data/fashion-mnist"
        break
    fi
done

"$quick_start" >stdout 2>stderr || fail "quick_start failed"
says stdout 'macro avg'
says stdout 'with probability'
[ -s quick_start.safetensors ] || fail "quick_start wrote no model"
