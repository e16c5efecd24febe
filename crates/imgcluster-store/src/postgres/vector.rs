//! Vectors as pgvector sends and receives them: the number of values and a reserved word of 16 bits
//! each, then the values, all big-endian.

use sqlx::encode::IsNull;
use sqlx::postgres::{PgArgumentBuffer, PgHasArrayType, PgTypeInfo};
use sqlx::{Encode, Postgres, Type};

/// How many values pgvector's type `vector` holds at most.
pub(super) const MOST_VALUES: usize = 16_000;

/// A row on its way to the database.
#[derive(Debug, Clone, Copy)]
pub(super) struct Vector<'a>(pub(super) &'a [f32]);

impl Type<Postgres> for Vector<'_> {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_name("vector")
    }
}

impl PgHasArrayType for Vector<'_> {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::with_name("_vector")
    }
}

impl Encode<'_, Postgres> for Vector<'_> {
    fn encode_by_ref(
        &self,
        buffer: &mut PgArgumentBuffer,
    ) -> Result<IsNull, sqlx::error::BoxDynError> {
        let dim = u16::try_from(self.0.len())?;
        buffer.reserve(4 + 4 * self.0.len());
        buffer.extend(&dim.to_be_bytes());
        buffer.extend(&[0, 0]);
        for value in self.0 {
            buffer.extend(&value.to_be_bytes());
        }
        Ok(IsNull::No)
    }

    fn size_hint(&self) -> usize {
        4 + 4 * self.0.len()
    }
}

/// Reads the values of a vector that has as many as there is room for, else tells how many it has.
pub(super) fn read(bytes: &[u8], values: &mut [f32]) -> Result<(), usize> {
    let (words, rest) = bytes.as_chunks::<4>();
    let numbers = words.get(1..).unwrap_or_default();
    if numbers.len() != values.len() || !rest.is_empty() {
        return Err(numbers.len());
    }
    for (value, bytes) in values.iter_mut().zip(numbers) {
        *value = f32::from_be_bytes(*bytes);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_is_read_as_it_was_written() {
        let values = [0.0, -0.0, 1.5, f32::MIN_POSITIVE / 2.0, f32::MAX];
        let mut buffer = PgArgumentBuffer::default();
        assert!(matches!(
            Vector(&values).encode_by_ref(&mut buffer),
            Ok(IsNull::No)
        ));
        let mut again = [7.0; 5];
        read(&buffer, &mut again).unwrap();
        assert_eq!(again.map(f32::to_bits), values.map(f32::to_bits));
        assert_eq!(buffer[..4], [0, 5, 0, 0]);
        assert_eq!(read(&buffer, &mut [0.0; 4]), Err(5));
        assert_eq!(read(&[], &mut [0.0]), Err(0));
    }
}
