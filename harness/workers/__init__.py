"""The harness's side of a trial's children: one or many producers with one face, who receives and who reads back."""
