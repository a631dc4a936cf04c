"""Texts about the Key Vault provider with the causes that they tell of.

A line of each file is a JSON object: `text`, `causes` (slugs; none for what is no failure), `where` (kind of text),
`language`, `source`, and `expected_object_id` where the cause shows only beside the identity that should ask.

samples.jsonl     samples of logs and events, with invented names
documents.jsonl   error lines as they stand in the articles, in each language
written.jsonl     written from the texts that the sources of provider and driver have
negatives.jsonl   what comes in healthy clusters and in documents, and tells of no failure
reports.jsonl     from public reports and other documents, with names changed. The first time that the rules saw them
                  they named 31 of 34 causes and 4 wrong ones; what that showed was corrected, so they count as tuned
heldout.jsonl     as those, gathered afterwards: no rule was made after them

Variations of the first three are made by code: `variations.py`.
"""
