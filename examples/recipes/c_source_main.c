/* Predicts with glyphs.c, which c_source.c has written: a program for any machine with a C
 * compiler, which needs no library.
 *
 *     cc -O2 c_source_main.c glyphs.c -o glyphs -lm
 *     ./glyphs
 */
#include "glyphs.h"

#include <stdio.h>
#include <string.h>

enum { SIDE = 16, PICTURES = 3 };

/* As a camera might have them. */
static const struct {
    const char *name, *rows[SIDE];
} pictures[PICTURES] = {
    {"plus",
     {"................", ".......##.......", ".......##.......", ".......##.......",
      ".......##.......", ".......##.......", ".......##.......", ".##############.",
      ".##############.", ".......##.......", ".......##.......", ".......##.......",
      ".......##.......", ".......##.......", ".......##.......", "................"}},
    {"square",
     {"................", "................", "................", "..############..",
      "..############..", "..##........##..", "..##........##..", "..##........##..",
      "..##........##..", "..##........##..", "..##........##..", "..############..",
      "..############..", "................", "................", "................"}},
    {"angle",
     {"................", "....##..........", "....##..........", "....##..........",
      "....##..........", "....##..........", "....##..........", "....##..........",
      "....##..........", "....##..........", "....##..........", "....##..........",
      "....##########..", "....##########..", "................", "................"}}};

int main(void)
{
    int correct = 0;
    for (int p = 0; p < PICTURES; p++) {
        unsigned char image[GLYPHS_INPUT_SIZE];
        float shares[GLYPHS_OUTPUT_SIZE];
        int best = 0;
        for (int i = 0; i < GLYPHS_INPUT_SIZE; i++)
            image[i] = pictures[p].rows[i / SIDE][i % SIDE] == '#' ? 255 : 0;
        glyphs_predict_bytes(image, shares);
        for (int i = 1; i < GLYPHS_OUTPUT_SIZE; i++)
            best = shares[i] > shares[best] ? i : best;
        printf("a %s, by %.1f %%\n", glyphs_class_names[best], 100 * (double)shares[best]);
        correct += strcmp(glyphs_class_names[best], pictures[p].name) == 0;
    }
    printf("correct: %.4f\n", (double)correct / PICTURES);
    return correct == PICTURES ? 0 : 1;
}
