//! [`Record`]: elements made of named fields; [`Sub`]: fields that are small arrays.
//!
//! Both are interned: made once, kept for the life of the program, compared by address first. A program has as many as it
//! names different structures.

use crate::{DType, Form, MAX_ITEMSIZE, promote};
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{LazyLock, Mutex, PoisonError};

/// One field.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Field {
    /// The name, not empty.
    pub name: Box<str>,
    /// Another name by which it is found.
    pub title: Option<Box<str>>,
    /// What is in it, maybe a small array.
    pub dtype: DType,
    /// Bytes from the start of the element.
    pub offset: usize,
}

/// Fields at offsets within an element.
#[derive(Clone, Debug)]
pub struct Record {
    fields: Box<[Field]>,
    itemsize: usize,
    align: usize,
    aligned: bool,
}

/// A field as it is asked for: name, title, dtype.
pub type Wanted = (String, Option<String>, DType);

impl Record {
    /// The fields, in order.
    pub const fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Bytes of an element.
    pub const fn itemsize(&self) -> usize {
        self.itemsize
    }

    /// The alignment of an element: that of its fields where they are laid out as in C, else 1.
    pub const fn align(&self) -> usize {
        self.align
    }

    /// Whether fields lie as a C compiler would lay them.
    pub const fn aligned(&self) -> bool {
        self.aligned
    }

    /// The field with this name or title.
    pub fn field(&self, name: &str) -> Option<&Field> {
        let titled = |f: &&Field| f.title.as_deref() == Some(name);
        self.fields.iter().find(|f| *f.name == *name).or_else(|| self.fields.iter().find(titled))
    }

    /// Whether no byte lies between fields but what alignment asks for, and none after them.
    pub fn is_packed(&self) -> bool {
        let mut end = 0;
        for field in &self.fields {
            if self.aligned {
                end = round_up(end, field.dtype.align());
            }
            if field.offset != end {
                return false;
            }
            end += field.dtype.size();
        }
        (if self.aligned { round_up(end, self.align) } else { end }) == self.itemsize
    }

    /// Fields one after the other, without gaps, or `aligned` as in C.
    ///
    /// # Errors
    /// What is wrong: a name given twice, too many bytes.
    pub fn of(wanted: Vec<Wanted>, aligned: bool) -> Result<DType, String> {
        let mut end = 0usize;
        let mut fields = Vec::with_capacity(wanted.len());
        for (name, title, dtype) in wanted {
            let offset = if aligned { round_up(end, dtype.align()) } else { end };
            end = offset.checked_add(dtype.size()).filter(|&e| e <= MAX_ITEMSIZE).ok_or_else(too_large)?;
            fields.push(Field { name: name.into(), title: title.map(Into::into), dtype, offset });
        }
        Record::at(fields, None, aligned)
    }

    /// Fields where they say, in an element of `itemsize` bytes or as many as are needed.
    ///
    /// # Errors
    /// What is wrong: a name given twice, a field outside the element or against its alignment.
    pub fn at(fields: Vec<Field>, itemsize: Option<usize>, aligned: bool) -> Result<DType, String> {
        let mut names = HashSet::new();
        let titles = |f: &Field| f.title.clone().filter(|t| *t != f.name);
        for name in fields.iter().flat_map(|f| [Some(f.name.clone()), titles(f)]).flatten() {
            if !names.insert(name.clone()) {
                return Err(format!("field '{name}' occurs more than once"));
            }
        }
        let most = fields.iter().map(|f| f.dtype.align()).max().unwrap_or(1);
        let align = if aligned { most } else { 1 };
        let mut end = 0;
        for field in &fields {
            end = end.max(field.offset.checked_add(field.dtype.size()).ok_or_else(too_large)?);
            if aligned && !field.offset.is_multiple_of(field.dtype.align()) {
                return Err(format!(
                    "offset {} for NumPy dtype with fields is not divisible by the field alignment {} with align=True",
                    field.offset,
                    field.dtype.align()
                ));
            }
        }
        let need = round_up(end, align);
        let itemsize = itemsize.unwrap_or(need);
        if itemsize < end {
            return Err(format!(
                "NumPy dtype descriptor requires {end} bytes, cannot override to smaller itemsize of {itemsize}"
            ));
        }
        if aligned && !itemsize.is_multiple_of(align) {
            return Err(format!(
                "NumPy dtype descriptor requires alignment of {align} bytes, which is not divisible into the specified itemsize {itemsize}"
            ));
        }
        if itemsize > MAX_ITEMSIZE {
            return Err(too_large());
        }
        Ok(Record { fields: fields.into(), itemsize, align, aligned }.intern())
    }

    /// The same layout with other dtypes of the same sizes.
    pub(crate) fn mapped(&self, change: impl Fn(DType) -> DType) -> &'static Record {
        let fields = self.fields.iter().map(|f| Field { dtype: change(f.dtype), ..f.clone() }).collect();
        interned(Record { fields, ..*self })
    }

    /// Only the named fields, where they are, in this order.
    ///
    /// # Errors
    /// The name that is no field's, or is given twice.
    pub fn select(&self, names: &[&str]) -> Result<DType, String> {
        let find = |name: &&str| self.field(name).cloned().ok_or_else(|| format!("no field of name {name}"));
        let fields = names.iter().map(find).collect::<Result<Vec<_>, _>>()?;
        let mut made = Record { fields: fields.into(), ..*self };
        made.align = if made.aligned { made.fields.iter().map(|f| f.dtype.align()).max().unwrap_or(1) } else { 1 };
        let mut seen = HashSet::new();
        match made.fields.iter().find(|f| !seen.insert(&f.name)) {
            Some(twice) => Err(format!("duplicate field of name {}", twice.name)),
            None => Ok(made.intern()),
        }
    }

    /// The same fields without gaps; `aligned` as in C, `deep` also within fields.
    ///
    /// # Errors
    /// Too many bytes.
    pub fn repacked(&self, aligned: bool, deep: bool) -> Result<DType, String> {
        let wanted = self.fields.iter().map(|field| {
            let dtype = if deep { repacked(field.dtype, aligned, true)? } else { field.dtype };
            Ok((field.name.to_string(), field.title.as_deref().map(str::to_owned), dtype))
        });
        Record::of(wanted.collect::<Result<_, String>>()?, aligned)
    }

    /// What fields of the same names meet in, one by one.
    pub(crate) fn promoted(&self, other: &Record) -> Option<DType> {
        let same = self.fields.len() == other.fields.len()
            && self.fields.iter().zip(&other.fields).all(|(a, b)| a.name == b.name && a.title == b.title);
        if !same {
            return None;
        }
        let wanted = self.fields.iter().zip(&other.fields).map(|(a, b)| {
            Some((a.name.to_string(), a.title.as_deref().map(str::to_owned), promote(a.dtype, b.dtype)?))
        });
        Record::of(wanted.collect::<Option<_>>()?, self.aligned || other.aligned).ok()
    }

    fn intern(self) -> DType {
        DType::from_form(Form::Record(interned(self)))
    }
}

/// Fields of this dtype, and of those within small arrays, without gaps.
///
/// # Errors
/// Too many bytes.
pub fn repacked(dtype: DType, aligned: bool, deep: bool) -> Result<DType, String> {
    match dtype.form() {
        Form::Record(record) => record.repacked(aligned, deep),
        Form::Sub(sub) => {
            let base = repacked(sub.base(), aligned, deep)?;
            Sub::of(base, sub.shape()).ok_or_else(too_large)
        }
        _ => Ok(dtype),
    }
}

fn too_large() -> String {
    format!("an element of more than {MAX_ITEMSIZE} bytes")
}

fn round_up(n: usize, align: usize) -> usize {
    n.div_ceil(align.max(1)) * align.max(1)
}

/// Equal as values are: whether fields were laid out by alignment or by hand makes no difference.
impl PartialEq for Record {
    fn eq(&self, other: &Record) -> bool {
        std::ptr::eq(self, other) || self.itemsize == other.itemsize && self.fields == other.fields
    }
}

impl Eq for Record {}

impl Hash for Record {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.itemsize.hash(state);
        self.fields.hash(state);
    }
}

/// Equal, and laid out for the same reason, fields too.
fn exactly(a: &Record, b: &Record) -> bool {
    fn same(a: DType, b: DType) -> bool {
        match (a.form(), b.form()) {
            (Form::Record(a), Form::Record(b)) => std::ptr::eq(a, b),
            (Form::Sub(a), Form::Sub(b)) => same(a.base(), b.base()),
            _ => true,
        }
    }
    a == b
        && (a.aligned, a.align) == (b.aligned, b.align)
        && a.fields.iter().zip(&b.fields).all(|(a, b)| same(a.dtype, b.dtype))
}

/// Records by their hash.
static RECORDS: LazyLock<Mutex<HashMap<u64, Vec<&'static Record>>>> = LazyLock::new(Mutex::default);

fn interned(record: Record) -> &'static Record {
    let mut hasher = DefaultHasher::new();
    record.hash(&mut hasher);
    let mut all = RECORDS.lock().unwrap_or_else(PoisonError::into_inner);
    let alike = all.entry(hasher.finish()).or_default();
    if let Some(known) = alike.iter().find(|known| exactly(known, &record)) {
        return known;
    }
    let made: &'static Record = Box::leak(Box::new(record));
    alike.push(made);
    made
}

/// A small array within an element.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Sub {
    base: DType,
    shape: Box<[usize]>,
}

static SUBS: LazyLock<Mutex<HashSet<&'static Sub>>> = LazyLock::new(Mutex::default);

impl Sub {
    /// Small arrays of a shape; one within another becomes one of more axes, and one without axes is the element itself.
    /// `None` beyond [`MAX_ITEMSIZE`].
    pub fn of(base: DType, shape: &[usize]) -> Option<DType> {
        let (base, inner) = base.flattened();
        let shape: Box<[usize]> = shape.iter().chain(inner).copied().collect();
        let fits = |bytes: usize, n: &usize| bytes.checked_mul((*n).max(1)).filter(|&b| b <= MAX_ITEMSIZE);
        shape.iter().try_fold(base.size().max(1), fits)?;
        if shape.is_empty() {
            return Some(base);
        }
        let mut all = SUBS.lock().unwrap_or_else(PoisonError::into_inner);
        let sub = Sub { base, shape };
        let known = all.get(&sub).copied();
        Some(DType::from_form(Form::Sub(known.unwrap_or_else(|| {
            let made: &'static Sub = Box::leak(Box::new(sub));
            all.insert(made);
            made
        }))))
    }

    /// What its elements are: never a small array itself.
    pub const fn base(&self) -> DType {
        self.base
    }

    /// Its axes, at least one.
    pub const fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Bytes of the whole.
    pub const fn itemsize(&self) -> usize {
        let mut bytes = self.base.size();
        let mut axis = 0;
        while axis < self.shape.len() {
            bytes *= self.shape[axis];
            axis += 1;
        }
        bytes
    }
}
