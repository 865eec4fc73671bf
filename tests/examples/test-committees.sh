#!/bin/sh
# What compares committees, on generated figures: all ways are there with figures that can be, and a run is the same
# bytes again.
# usage: test-committees.sh COMMITTEES
set -eu

program=$(realpath "$1")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

"$program" generated one.md 7 8 >log
"$program" generated two.md 7 8 >/dev/null
cmp one.md two.md
for way in 'the best member by validation' 'mean' 'majority vote' 'Borda count' 'mean weighted by accuracy' \
    'greedy selection' 'convex weights' 'weights for each class' 'mean of ranks' 'stacking' 'mean, its temperature calibrated' \
    'bagging: mean of members of samples' 'one convolutional network' 'its weights averaged (SWA)' \
    'snapshots of one training of 20 epochs' 'a student of the mean' "the student's network, taught by the images" \
    entropy mutual_information margin; do
    grep -q "^| $way | 0\.[0-9]* ± 0\.[0-9]* |" one.md || {
        echo "no figures of $way:"
        cat one.md
        exit 1
    }
done
[ "$(grep -c '^seed 8 ' log)" -eq "$(grep -c '^| .* ± .* ± ' one.md)" ]
if grep -i nan one.md; then exit 1; fi
status=0
"$program" generated 2>/dev/null || status=$?
[ "$status" -eq 2 ]
status=0
"$program" nowhere three.md 2>message || status=$?
[ "$status" -eq 1 ] && grep -q nowhere message && [ ! -e three.md ]
