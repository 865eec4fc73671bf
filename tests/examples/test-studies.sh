#!/bin/sh
# Runs experiments of a document on generated data, briefly, and checks what is written, above all
# the numbers of parameters that the document prints.
# usage: test-studies.sh PROGRAM RUNS, with commas or "all"
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
program=$(realpath "$1")
runs=$2
python=$(command -v /usr/bin/python3 || command -v python3 || true)

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

# shellcheck source=/dev/null
. "$here/common.sh"

# briefly OUT RUNS OPTION...
briefly() {
    out=$1
    ids=$2
    shift 2
    succeeds "$program" --data generated --out "$out" --limit 64 --run "$ids" "$@"
}

# check OUT RUNS: results.json has these runs and no others.
check() {
    # shellcheck disable=SC2086 # one word for each run
    [ -z "$python" ] || "$python" "$here/check-results.py" "$1" generated $2
}

all=$("$program" --list | cut -d ' ' -f 1 | tr '\n' ' ')
[ "$runs" = all ] || for id in $(echo "$runs" | tr , ' '); do
    case " $all" in *" $id "*) ;; *) fail "--list does not name $id" ;; esac
done

"$program" --list |
    awk '{ match($0, /^[^ ]+ +/); if (NR > 1 && RLENGTH != width) exit 1; width = RLENGTH }' ||
    fail "--list is ragged"

briefly out "$runs" --quick --data-note 'in haste'
if [ "$runs" = all ]; then
    check out "$all"
else
    check out "$(echo "$runs" | tr , ' ')"
fi
grep -q 'in haste' out/results.md || fail "results.md lacks the note on the data"

# The tables come of the runs' files alone.
cp -r out again
rm again/results.*
succeeds "$program" --out again --tables
cmp out/results.md again/results.md
cmp out/results.json again/results.json
first=${all%% *}

# Those of an earlier version, too, which tell nothing of settings; what is reported is the program's.
sed -e 's/"reported": {"parameters": [^,]*/"reported": {"parameters": 1/' \
    -e 's/, "stated_accuracy": [^}]*//' -e '/^     "library": /,$d' "out/$first.json" |
    sed '$ s/,$/}/' >"again/$first.json"
succeeds "$program" --out again --tables
cmp out/results.md again/results.md
says again/results.json '^     "settings": null}'
says again/results.json '^     "library": null, "commit": null,$'
keeps_quiet again/results.json '"reported": {"parameters": 1,'
[ -z "$python" ] || "$python" -m json.tool again/results.json >/dev/null

# Figures of the documents that are of images not named, and what the row of a search is.
if [ -e out/D2.json ]; then
    grep -Eq '^\| D2 .* 0\.9660 \| +[-+]0\.[0-9]{4} \|$' out/results.md || fail "D2 has no figure"
fi
if [ -e out/K2.json ]; then
    says out/K2.json 'its best trial, this row is one more training'
    says out/K3-search.json 'last hidden layer 512; hidden layers 3;'
fi

case $first in
C1 | M1)
    grep -Eq "^\| $first .* [-+]0\.[0-9]{4} \|\$" out/results.md ||
        fail "$first is not compared with its document"
    ;;
esac

# The schedule of document 000 overwrites the rate that was asked for, 0.1; where it divides, that counts.
rates() {
    awk -F , 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "learning_rate") column = i }
        NR > 1 { printf "%s%s", (NR > 2 ? " " : ""), $column }' "$1"
}
if [ -e out/K10.json ]; then
    briefly rates K10,K10-tenths --quick --epochs 12
    case $(rates rates/K10-history.csv) in
    '0.001 0.001 0.001 0.001 0.001 0.001 0.001 0.001 0.001 0.001 0.0001'*) ;;
    *) fail "K10 has the rates $(rates rates/K10-history.csv)" ;;
    esac
    case $(rates rates/K10-tenths-history.csv) in
    '0.1 0.1 '*) ;;
    *) fail "K10-tenths has the rates $(rates rates/K10-tenths-history.csv)" ;;
    esac
fi

# Filters and flips change what is learnt.
validation_loss() {
    grep -o '"validation_loss": [0-9.e-]*' "out/$1.json" | head -n 1
}
for id in $all; do
    case $id in D*-*) ;; *) continue ;; esac
    [ -e "out/$id.json" ] || continue
    [ "$(validation_loss "$id")" != "$(validation_loss "${id%%-*}")" ] || fail "$id learnt as ${id%%-*}"
done

# Programs one after the other share the tables, in the order of --list; and an interrupted run goes
# on to the same parameters.
second=${all#* }
second=${second%% *}
briefly apart "$second" --quick
briefly apart "$first" --epochs 1 --quick --resume
check apart "$first $second"
briefly apart "$first" --epochs 2 --quick --resume
grep -q 'goes on after epoch 1' stdout || fail "$first was not resumed"
briefly whole "$first" --epochs 2 --quick
cmp "apart/$first.safetensors" "whole/$first.safetensors" || fail "$first was resumed otherwise"
