mod interruptions;
mod outcomes;
mod place;
