"""What CI may do: roles of a stack's workflows, and the boundary of the roles that they make."""
