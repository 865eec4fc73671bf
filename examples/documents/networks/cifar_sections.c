/* What the sections of document 002 compare, in its order. Each is measured from the run that it
 * starts from or, where it tries the levels of one thing, from the one that it chooses. */
#include "cifar_sections.h"

static const example_comparison_t sections[] = {
    {"Depth: one or two convolutions a block (CNN 1 and 2)", "C1", {"C1", "C2"}},
    {"Widths of the convolutions (CNN 3)", "C4", {"C3", "C2", "C4", "C5", "C6"}},
    {"Dropout (CNN 4)",
     "C4",
     {"C4", "C7", "C8", "C9", "C10", "C11", "C8-sound", "C9-sound", "C10-sound", "C11-sound"}},
    {"Batch normalisation (CNN 5)", "C11", {"C11", "C12"}},
    {"Width of the hidden layer (CNN 6)", "C15", {"C13", "C14", "C15", "C16", "C17"}},
    {"Activations (CNN 7)", "C21", {"C18", "C19", "C20", "C21"}},
    {"Optimizer (CNN 8, version 1)",
     "C26",
     {"C22", "C23", "C24", "C25", "C26", "C27", "C28", "C29"}},
    {"Learning rate (CNN 8, version 2)",
     "C36",
     {"C30", "C31", "C32", "C33", "C34", "C35", "C36", "C37"}},
    {"Batch size (CNN 8, version 3)", "C39", {"C38", "C39", "C40", "C41"}},
    {"Loss (CNN 8, version 4)",
     "C42",
     {"C42", "C43", "C44", "C45", "C46", "C47", "C43-sound", "C44-sound", "C45-sound",
      "C46-sound"}},
    {"Augmentation, which the document does not use (CNN 9)",
     "C48",
     {"C48", "C49", "C48-aug", "C49-aug"}},
    {"Grey or colour", "C49", {"C49", "C50", "C51", "C50-sound", "C51-sound", "C51-aug"}},
};

void cifar_write_sections(const example_t *example, FILE *file)
{
    fputs(
        "\n## As the document compares them\n\n"
        "Macro F1 on the test set, by which the document chooses: what each run of a section "
        "changes,\nin the document and here, with two standard errors of a share of as many test "
        "images. Below each\ntable stands whether what is recorded here points the same way: it "
        "differs if a run does not; it\ncannot be told if a run is missing, or if all changes are "
        "too small, which is no more than these\ntwo errors. What another seed changes is not in "
        "them: the document's C8 and C10 are trained alike\nand differ by 0.023. Runs that are "
        "not in the document stand last, and count for nothing.\n",
        file);
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++)
        example_write_comparison(example, file, &sections[i]);
}
