"""Small valid files of every format, written by independent libraries or byte by byte, for the fuzzer to damage.

A format is one function under `@seed_format(NAME)` that yields `Seed`s; it imports the library that writes the format
itself, and where that is missing the format is left out and the reason told. Which loader reads a seed is not said
here: the registry is asked, so a new loader is fuzzed as soon as a function below makes a file for it.

All numbers are synthetic.
"""

from __future__ import annotations

import functools
import io
import json
import re
import sqlite3
import struct
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

#: Beside the checkout, not in it; larger ones make a fuzzer slow and find nothing more.
MEASURED = Path(__file__).resolve().parents[3] / "shared" / "measured"
LARGEST = 60_000

GATE = [-0.4, -0.3, -0.2, -0.1, 0.0, 0.1]
CURRENT = [0.0, 7.7e-9, 7.8e-9, 1.55e-8, 1.54e-8, 2.3e-8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """A valid file: `wrap(core)` are its bytes, and the core is what is damaged.

    Parameters
    ----------
    wrap : what makes the file of a damaged core look whole again (a checksum, an archive around it), so that the damage
        is met behind it; None where the core is the file.
    """

    name: str
    suffix: str
    core: bytes
    wrap: Callable[[bytes], bytes] | None = None

    @property
    def data(self) -> bytes:
        """The bytes of the undamaged file."""
        return self.core if self.wrap is None else self.wrap(self.core)


Maker = Callable[[], Iterator[Seed]]
FORMATS: dict[str, Maker] = {}


def seed_format(name: str) -> Callable[[Maker], Maker]:
    """Adds a function that makes the seeds of a format."""

    def add(maker: Maker) -> Maker:
        FORMATS[name] = maker
        return maker

    return add


def all_seeds(*, measured: bool = True) -> tuple[list[Seed], dict[str, str]]:
    """Every seed that can be made here, and for each format that cannot the reason."""
    found: list[Seed] = []
    lacking: dict[str, str] = {}
    for name, maker in FORMATS.items():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of a library that writes: not what is tested
                found += maker()
        except ImportError as error:
            lacking[name] = str(error)
    if measured and not MEASURED.is_dir():
        lacking["measured files"] = f"no folder {MEASURED}"
    elif measured:
        for path in sorted(MEASURED.rglob("*.*")):
            if path.suffix != ".md" and path.is_file() and 0 < path.stat().st_size <= LARGEST:
                name = path.relative_to(MEASURED).as_posix()
                found.append(Seed(name=name, suffix=path.suffix, core=path.read_bytes()))
    return found, lacking


def _written(suffix: str, write: Callable[[Path], object]) -> bytes:
    """The bytes that a library writes to a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"seed{suffix}"
        write(path)
        return path.read_bytes()


# -- text --------------------------------------------------------------------------------------------------------------


@seed_format("text")
def text() -> Iterator[Seed]:
    texts = {
        "comma": b"Sample: A3\nT = 4.2 K\n\nVg (V),I (nA)\n0.1,1\n0.2,2\n0.3,nan\n0.4,OVLD\n",
        "gnuplot": '# dac\tamp\n# "Gate (mV)"\t"µ (nA)"\n# 3\n1\t10\n2\t20\n\n3\t30\n'.encode(),
        "semicolon": b"Vg;I\nmV;nA\n0,1;1,5\n0,2;2,5\n# down\n0,1;1,4\n",
        "blanks": b" x  y (S)\n--- ---\n 1.0D-3 2\n 3 4\n",
        "utf-16": "Vg (V)\tI (A)\r\n1\t2\r\n3\t4\r\n".encode("utf-16"),
        "quoted": b'"Vg\n(V)","I, drain (nA)"\n"0.1","1"\nwords\n"0.2","2"\n',
        "labels": b"sample,L (um),R (kOhm)\nA1,0.5,12.9\nA2,1.0,13.4\nB1,2.0,OL\n",
        "long": b"t (s),V (mV)\n" + b"".join(b"%d,%d.%d\n" % (i, i * i % 97, i % 7) for i in range(2600)),
    }
    for name, data in texts.items():
        yield Seed(name=f"text {name}", suffix=".csv" if name in ("comma", "labels") else ".txt", core=data)


@seed_format("LabVIEW measurement")
def lvm() -> Iterator[Seed]:
    head = (
        "LabVIEW Measurement\t\r\nWriter_Version\t2\r\nReader_Version\t2\r\nSeparator\tTab\r\nDecimal_Separator\t.\r\n"
        "Multi_Headings\tNo\r\nX_Columns\tOne\r\nTime_Pref\tRelative\r\nOperator\tlab\r\nDate\t2024/04/01\r\n"
        "Time\t12:01:04.1\r\n***End_of_Header***\t\r\n\t\r\nChannels\t2\t\t\r\nSamples\t3\t3\t\r\n"
        "Date\t2024/04/01\t2024/04/01\t\r\nTime\t12:01:04.1\t12:01:04.1\t\r\nY_Unit_Label\tVolts\tAmperes\t\r\n"
        "X_Dimension\tTime\tTime\t\r\nX0\t0.0E+0\t0.0E+0\t\r\nDelta_X\t0.001\t0.001\t\r\n***End_of_Header***\t\t\t\r\n"
        "X_Value\tVoltage\tCurrent\tComment\r\n"
    )
    body = "0.000\t1.5\t2.5\t\r\n0.001\t1.6\t2.6\t\r\n0.002\t1.7\t2.7\t\r\n"
    yield Seed(name="lvm", suffix=".lvm", core=(head + body).encode())
    yield Seed(name="lvm comma", suffix=".lvm", core=(head.replace("or\t.", "or\t,") + body.replace(".", ",")).encode())


@seed_format("Quantum Design")
def quantum_design() -> Iterator[Seed]:
    core = (
        b"[Header]\r\nTITLE,R(T)\r\nFILEOPENTIME, 1712000000.0,04/01/2024,12:00 pm\r\nBYAPP, PPMS, 1.5.11\r\n"
        b"INFO,Sample A3,NAME\r\nDATATYPE,TIME,2\r\n[Data]\r\n"
        b"Comment,Time Stamp (sec),Temperature (K),Magnetic Field (Oe),Bridge 1 Resistance (Ohms)\r\n"
        b",63000000.5,300.01,0.0,12906.4\r\nramp,63000010.5,299.01,10.0,12907.1\r\n,63000020.5,298.0,20.0,\r\n"
    )
    yield Seed(name="quantum design", suffix=".dat", core=core)


@seed_format("QCoDeS dat")
def qcodes_dat() -> Iterator[Seed]:
    head = b'# gate_set\tcurrent\n# "Gate (mV)"\t"Current (nA)"\n# 3\n'
    yield Seed(name="qcodes dat", suffix=".dat", core=head + b"1.0\t10.0\n2.0\t20.0\n3.0\tnan\n")
    grid = b"".join(b"%d\t%d\t%d\n" % (i, j, 10 * i + j) + b"\n" * (j == 2) for i in (1, 2) for j in (0, 1, 2))
    head = b'# slow\tfast\tcurrent\n# "Slow (mV)"\t"Fast (mV)"\t"Current (nA)"\n# 2\t3\n'
    yield Seed(name="qcodes dat map", suffix=".dat", core=head + grid)


@seed_format("Igor text")
def igor_text() -> Iterator[Seed]:
    yield Seed(
        name="igor text",
        suffix=".itx",
        core=b"IGOR\rWAVES/D\tVg, G\rBEGIN\r\t0.1\t1.5e-5\r\t0.2\t2.5e-5\r\t0.3\tNaN\rEND\r"
        b'X SetScale/P x, 0, 0.1, "V", G; SetScale d 0,0, "S", G\rX Note G, "T: 4.2 K"\r',
    )
    rows = b"\t1\t2\t3\n\t4\t5\t6\n"
    core = b"IGOR\nWAVES/D/N=(2,3) map\nBEGIN\n" + rows + b'END\nX SetScale/I y 0, 2, "T" map\n'
    yield Seed(name="igor text map", suffix=".itx", core=core)


@seed_format("Keysight B1500")
def b1500() -> Iterator[Seed]:
    core = (
        b"SetupTitle, IdVg\r\nPrimitiveTest, I/V Sweep\r\nTestParameter, Channel.UnitType, SMU, SMU\r\n"
        b"TestParameter, Measurement.Primary.Start, -1\r\nMetaData, TestRecord.Remarks, \r\n"
        b"AnalysisSetup, Analysis.Setup.Title, IdVg\r\nDimension1, 3, 3\r\nDimension2, 2, 2\r\nDataName, Vg, Id\r\n"
        b"DataValue, -1, 1E-12\r\nDataValue, 0, 2.5E-9\r\nDataValue, 1, 3E-6\r\n"
        b"DataValue, -1, 2E-12\r\nDataValue, 0, 3.5E-9\r\nDataValue, 1, 4E-6\r\n"
    )
    yield Seed(name="b1500", suffix=".csv", core=core)


@seed_format("JSON")
def json_text() -> Iterator[Seed]:
    columns = {"gate (V)": GATE, "current (A)": CURRENT}
    rows = [{"gate": x, "current": y, "note": "ok"} for x, y in zip(GATE, CURRENT, strict=True)]
    for name, content in {
        "columns": columns,
        "rows": rows,
        "nested": {"metadata": {"T": "4.2 K"}, "data": columns},
        "lists": [[1.5, 2], [3, None], [5, 6e-9]],
    }.items():
        yield Seed(name=f"json {name}", suffix=".json", core=json.dumps(content, indent=1).encode())
    yield Seed(name="json nan", suffix=".json", core=b'{"x": [1, NaN, Infinity], "y": [1, 2, 3], "unit": "\\u00b5V"}')


# -- Igor --------------------------------------------------------------------------------------------------------------


def _mended(data: bytes, *, size: int, at: int) -> bytes:
    """A wave with its checksum at byte `at` made right, so that the damage is met behind it (PTN003)."""
    if len(data) < size:
        return data
    rest = data[:at] + b"\0\0" + data[at + 2 : size]
    return data[:at] + struct.pack("<H", -sum(struct.unpack(f"<{size // 2}H", rest)) & 0xFFFF) + data[at + 2 :]


def _wave5(shape: tuple[int, ...], values: list[float], *, version: int = 5) -> bytes:
    """A wave of version 5 or 7 by PTN003: 64 bytes, 320 bytes, the numbers, the note."""
    note, name = b"T: 4.2 K\rB: 0 T", b"conductance"
    head = bytearray(384)
    head[:64] = struct.pack(
        "<hhiiii4i4iihhi", version, 0, 320 + 8 * len(values), 0, len(note), 0, *[0] * 8, 0,
        len(name) if version == 7 else 0, 0, 0,
    )[:64].ljust(64, b"\0")  # fmt: skip
    head[76:82] = struct.pack("<ih", len(values), 4)
    head[92:103] = name
    head[132:148] = struct.pack("<4i", *shape, *[0] * (4 - len(shape)))
    head[148:212] = struct.pack("<8d", 0.1, 1, 1, 1, -0.4, 0, 0, 0)
    head[212:220] = b"S\0\0\0V\0\0\0"
    tail = name if version == 7 else b""
    return bytes(head) + struct.pack(f"<{len(values)}d", *values) + note + tail


def _wave2() -> bytes:
    """A wave of version 2 by PTN003: 16 bytes, 110 bytes, the numbers, 16 bytes that count for the checksum."""
    head = struct.pack("<hiiih", 2, 110 + 16 + 4 * len(GATE), 0, 0, 0)
    wave = bytearray(110)
    wave[:2] = struct.pack("<h", 2)
    wave[6:11] = b"vgate"
    wave[34:38], wave[38:42] = b"S\0\0\0", b"V\0\0\0"
    wave[42:46] = struct.pack("<i", len(GATE))
    wave[48:64] = struct.pack("<2d", 0.1, -0.4)
    return head + bytes(wave) + struct.pack(f"<{len(GATE)}f", *CURRENT) + bytes(16)


_MEND_5 = functools.partial(_mended, size=384, at=2)
_MEND_2 = functools.partial(_mended, size=142, at=14)


@seed_format("Igor wave")
def igor_wave() -> Iterator[Seed]:
    grid = [float(i * j) for i in range(4) for j in range(3)]
    for name, core in {
        "5": _wave5((6,), CURRENT),
        "5 map": _wave5((3, 4), grid),
        "7": _wave5((6,), CURRENT, version=7),
    }.items():
        yield Seed(name=f"igor {name}", suffix=".ibw", core=core, wrap=_MEND_5)
    yield Seed(name="igor 2", suffix=".ibw", core=_wave2(), wrap=_MEND_2)
    yield Seed(name="igor raw", suffix=".ibw", core=_MEND_5(_wave5((6,), CURRENT)))


@seed_format("Igor packed")
def igor_packed() -> Iterator[Seed]:
    """Records of (type, version, size) and their content, by PTN003's chapter on packed files."""

    def record(kind: int, content: bytes) -> bytes:
        return struct.pack("<Hhi", kind, 0, len(content)) + content

    waves = record(3, _MEND_5(_wave5((6,), CURRENT))) + record(3, _MEND_2(_wave2()))
    folder = record(9, b"sweep".ljust(32, b"\0")) + record(3, _MEND_5(_wave5((3, 4), [1.5] * 12))) + record(10, b"")
    history = record(2, b"\x95Make/N=6 G\r")
    yield Seed(name="igor packed", suffix=".pxp", core=history + waves + folder + record(4, b"Display G\r"))


# -- workbooks ---------------------------------------------------------------------------------------------------------


def _archive(members: dict[str, bytes], changed: str, core: bytes) -> bytes:
    """The archive with one member changed; without dates, so that the same content is the same file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), core if name == changed else data)
    return out.getvalue()


def _members(data: bytes, name: str, suffix: str, pattern: str) -> Iterator[Seed]:
    """The archive as it is, and with each member that matches the pattern as the core."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {member: archive.read(member) for member in archive.namelist()}
    members = {k: re.sub(rb"\d{4}-\d\d-\d\dT[\d:.]+Z?", b"2024-04-01T12:00:00Z", v) for k, v in members.items()}
    yield Seed(name=name, suffix=suffix, core=_archive(members, "", b""))
    for member, content in members.items():
        if re.search(pattern, member):
            wrap = functools.partial(_archive, members, member)
            yield Seed(name=f"{name} {member}", suffix=suffix, core=content, wrap=wrap)


@seed_format("Excel")
def xlsx() -> Iterator[Seed]:
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.create_sheet("IV", index=0)
    for row in (["Sample: A3"], ["Vg (V)", "I (nA)", "note"], [0.1, 1, "up"], [0.2, "x", True], [0.3, "=A2", None]):
        sheet.append(row)
    book.create_sheet("settings").append(["T", 4.2])
    stream = io.BytesIO()
    book.save(stream)
    yield from _members(stream.getvalue(), "xlsx", ".xlsx", r"sheet1\.xml|workbook\.xml|styles\.xml|Content_Types")
    yield from _shared_strings()


def _shared_strings() -> Iterator[Seed]:
    """A workbook as Excel itself writes it (ECMA-376): texts in a table of their own, and cells that point there."""
    ooxml = "http://schemas.openxmlformats.org"
    main, relations = f"{ooxml}/spreadsheetml/2006/main", f"{ooxml}/officeDocument/2006/relationships"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    cells = "".join(
        f'<row r="{i}"><c r="A{i}"><v>{x}</v></c><c r="B{i}" s="0"><v>{y}</v></c></row>'
        for i, (x, y) in enumerate(zip(GATE, CURRENT, strict=True), 2)
    )
    texts = {
        "[Content_Types].xml": f'<Types xmlns="{ooxml}/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/>'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}.sharedStrings+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{ooxml}/package/2006/relationships"><Relationship Id="rId1" '
        f'Type="{relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{relations}"><sheets>'
        '<sheet name="IV" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{ooxml}/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{relations}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{relations}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><dimension ref="A1:B7"/><sheetData><row r="1">'
        f'<c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>{cells}</sheetData></worksheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{main}" count="2" uniqueCount="2"><si><t>Vg (V)</t></si>'
        "<si><r><t>I</t></r><r><t> (A)</t></r></si></sst>",
    }
    members = {name: text.encode() for name, text in texts.items()}
    for name in ("xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"):
        wrap = functools.partial(_archive, members, name)
        yield Seed(name=f"xlsx by hand {name}", suffix=".xlsx", core=members[name], wrap=wrap)


@seed_format("Excel 97")
def xls() -> Iterator[Seed]:
    import xlwt

    book = xlwt.Workbook()
    sheet = book.add_sheet("IV")
    for i, row in enumerate((["Vg (V)", "I (nA)", "note"], [0.1, 1, "up"], [0.2, 2.5, "down"], [0.3, 1e-9, ""])):
        for j, value in enumerate(row):
            sheet.write(i, j, value)
    sheet.write(4, 0, xlwt.Formula("A2+A3"))
    book.add_sheet("settings").write(0, 0, 4.2)
    stream = io.BytesIO()
    book.save(stream)
    yield Seed(name="xls", suffix=".xls", core=stream.getvalue())


@seed_format("OpenDocument")
def ods() -> Iterator[Seed]:
    from odf.opendocument import OpenDocumentSpreadsheet
    from odf.table import Table, TableCell, TableRow
    from odf.text import P

    document = OpenDocumentSpreadsheet()
    for name in ("IV", "settings"):
        table = Table(name=name)
        for values in (["Vg (V)", "I (nA)"], [0.1, 1.0], [0.2, 2.5], [0.3, 4e-9]):
            row = TableRow()
            for value in values:
                kind = {"valuetype": "string"} if isinstance(value, str) else {"valuetype": "float", "value": value}
                cell = TableCell(**kind)
                cell.addElement(P(text=str(value)))
                row.addElement(cell)
            table.addElement(row)
        document.spreadsheet.addElement(table)
    stream = io.BytesIO()
    document.write(stream)
    yield from _members(stream.getvalue(), "ods", ".ods", r"content\.xml|mimetype|manifest\.xml")


# -- containers of arrays ----------------------------------------------------------------------------------------------


@seed_format("HDF5")
def hdf5() -> Iterator[Seed]:
    import h5py

    def write(path: Path, libver: str, packed: bool, userblock: int = 0) -> None:
        with h5py.File(path, "w", libver=libver, userblock_size=userblock) as file:
            file.attrs["sample"] = "A3"
            group = file.create_group("sweep")
            gate = group.create_dataset("gate", data=GATE, compression="gzip" if packed else None, shuffle=packed)
            gate.attrs["units"] = "V"
            current = group.create_dataset("current", data=np.array(CURRENT, dtype=">f4"))
            current.attrs["unit"] = "A"
            current.attrs["T"] = 4.2
            file.create_dataset("count", data=np.arange(6, dtype="i8"), chunks=(4,), maxshape=(None,))
            file.create_dataset("map", data=np.arange(12.0).reshape(3, 4), fletcher32=packed)
            file.create_dataset("remark", data="up and down")
            gate.make_scale("gate")
            current.dims[0].attach_scale(gate)

    for libver in ("earliest", "latest"):
        for packed in (False, True):
            name = f"hdf5 {libver}{' packed' if packed else ''}"
            yield Seed(
                name=name, suffix=".h5", core=_written(".h5", functools.partial(write, libver=libver, packed=packed))
            )
    data = _written(".mat", functools.partial(write, libver="earliest", packed=False, userblock=512))
    text = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Mon Apr  1 12:00:00 2024 HDF5 schema 1.00 ."
    head = text.ljust(116) + bytes(8) + b"\x00\x02IM"
    yield Seed(name="matlab 7.3", suffix=".mat", core=head.ljust(512, b"\0") + data[512:])


@seed_format("NetCDF classic")
def netcdf() -> Iterator[Seed]:
    from scipy.io import netcdf_file

    for version in (1, 2):
        stream = io.BytesIO()
        file = netcdf_file(stream, "w", version=version)
        file.title = "synthetic"
        file.createDimension("gate", 6)
        file.createDimension("field", 2)
        for name, dimensions, values, unit in (
            ("gate", ("gate",), GATE, "V"),
            ("current", ("gate",), CURRENT, "A"),
            ("map", ("field", "gate"), [GATE, CURRENT], "S"),
        ):
            variable = file.createVariable(name, "d", dimensions)
            variable[:] = values
            variable.units = unit
        file.flush()
        yield Seed(name=f"netcdf {version}", suffix=".nc", core=stream.getvalue())
        file.close()


@seed_format("NetCDF 4")
def netcdf4() -> Iterator[Seed]:
    import h5netcdf

    def write(path: Path) -> None:
        with h5netcdf.File(path, "w") as file:
            file.dimensions = {"gate": 6}
            for name, values, unit in (("gate", GATE, "V"), ("current", CURRENT, "A")):
                variable = file.create_variable(name, ("gate",), float)
                variable[:] = np.array(values)
                variable.attrs["units"] = unit

    yield Seed(name="netcdf 4", suffix=".nc", core=_written(".nc", write))


@seed_format("MATLAB")
def matlab() -> Iterator[Seed]:
    from scipy.io import savemat

    text = b"MATLAB 5.0 MAT-file Platform: posix, Created on: Mon Apr  1 12:00:00 2024".ljust(116)
    content = {
        "gate": np.array(GATE),
        "current": np.array(CURRENT, dtype="f4"),
        "map": np.arange(12.0).reshape(3, 4),
        "settings": {"T": 4.2, "sample": "A3"},
        "z": np.array([1 + 2j, 3 - 4j]),
        "cells": np.array([1.5, "two"], dtype=object),
    }
    for name, options in {"5": {}, "5 packed": {"do_compression": True}, "4": {"format": "4"}}.items():
        stream = io.BytesIO()
        simple = {k: content[k] for k in ("gate", "map", "z")}
        savemat(stream, simple if name == "4" else content, **options)
        data = stream.getvalue()
        yield Seed(name=f"matlab {name}", suffix=".mat", core=data if name == "4" else text + data[116:])


@seed_format("QCoDeS database")
def qcodes_database() -> Iterator[Seed]:
    """The tables that QCoDeS (schema version 9) makes, as its documentation of the database shows them."""
    description = {
        "version": 3,
        "interdependencies": {
            "paramspecs": [
                {"name": "gate", "paramtype": "numeric", "label": "Gate", "unit": "V", "inferred_from": [], "depends_on": []},
                {"name": "current", "paramtype": "numeric", "label": "Current", "unit": "A", "inferred_from": [],
                 "depends_on": ["gate"]},
            ]
        },
        "interdependencies_": {
            "parameters": {
                "gate": {"name": "gate", "paramtype": "numeric", "label": "Gate", "unit": "V"},
                "current": {"name": "current", "paramtype": "numeric", "label": "Current", "unit": "A"},
            },
            "dependencies": {"current": ["gate"]}, "inferences": {}, "standalones": [],
        },
        "shapes": {"current": [6]},
    }  # fmt: skip
    for arrays in (False, True):
        name = "qcodes database arrays" if arrays else "qcodes database"
        yield Seed(name=name, suffix=".db", core=_written(".db", lambda path: _database(path, description, arrays)))  # noqa: B023


def _database(path: Path, description: object, arrays: bool) -> None:
    kind = "array" if arrays else "numeric"
    text = json.dumps(description).replace('"numeric"', f'"{kind}"')
    file = sqlite3.connect(path)
    with file:
        file.executescript(
            """
            PRAGMA user_version = 9;
            PRAGMA page_size = 1024;
            CREATE TABLE experiments (exp_id INTEGER PRIMARY KEY, name TEXT, sample_name TEXT, start_time INTEGER,
                end_time INTEGER, run_counter INTEGER, format_string TEXT);
            CREATE TABLE runs (run_id INTEGER PRIMARY KEY, exp_id INTEGER, name TEXT, result_table_name TEXT,
                result_counter INTEGER, run_timestamp INTEGER, completed_timestamp INTEGER, is_completed BOOL,
                parameters TEXT, guid TEXT UNIQUE, run_description TEXT, snapshot TEXT, parent_datasets TEXT,
                captured_run_id INTEGER, captured_counter INTEGER, measurement_exception TEXT,
                FOREIGN KEY(exp_id) REFERENCES experiments(exp_id));
            CREATE TABLE layouts (layout_id INTEGER PRIMARY KEY, run_id INTEGER, parameter TEXT UNIQUE, label TEXT,
                unit TEXT, inferred_from TEXT, FOREIGN KEY(run_id) REFERENCES runs(run_id));
            CREATE TABLE dependencies (dependent INTEGER, independent INTEGER, axis_num INTEGER);
            """
        )
        file.execute(f'CREATE TABLE "results-1-1" (id INTEGER PRIMARY KEY, gate {kind}, current {kind})')
        file.execute("INSERT INTO experiments VALUES (1, 'pinch-off', 'A3', 1712000000, NULL, 1, '{}-{}-{}')")
        file.execute(
            "INSERT INTO runs VALUES (1, 1, 'sweep', 'results-1-1', 6, 1712000000, 1712000009, 1, 'gate,current', ?, ?, ?, '[]', 1, 1, NULL)",
            ("aaaaaaaa-0000-0000-0000-0189d0b5c5e0", text, json.dumps({"station": {"instruments": {}}})),
        )
        for row in ((1, 1, "gate", "Gate", "V", ""), (2, 1, "current", "Current", "A", "")):
            file.execute("INSERT INTO layouts VALUES (?, ?, ?, ?, ?, ?)", row)
        file.execute("INSERT INTO dependencies VALUES (2, 1, 0)")
        if arrays:
            blobs = []
            for values in (GATE, CURRENT):
                stream = io.BytesIO()
                np.save(stream, np.array(values), allow_pickle=False)
                blobs.append(stream.getvalue())
            file.execute('INSERT INTO "results-1-1" (gate, current) VALUES (?, ?)', blobs)
        else:
            file.executemany('INSERT INTO "results-1-1" (gate, current) VALUES (?, ?)', zip(GATE, CURRENT, strict=True))
    file.close()


@seed_format("TDMS")
def tdms() -> Iterator[Seed]:
    from nptdms import ChannelObject, GroupObject, RootObject, TdmsWriter

    def write(path: Path) -> None:
        with TdmsWriter(path) as file:
            root = RootObject(properties={"sample": "A3"})
            group = GroupObject("sweep", properties={"T": 4.2})
            for part in (slice(0, 3), slice(3, 6)):
                gate = ChannelObject("sweep", "gate", np.array(GATE[part]), properties={"unit_string": "V"})
                current = ChannelObject(
                    "sweep",
                    "current",
                    np.array(CURRENT[part]),
                    properties={"unit_string": "A", "wf_increment": 0.1, "wf_start_offset": 0.0},
                )
                file.write_segment([root, group, gate, current])

    yield Seed(name="tdms", suffix=".tdms", core=_written(".tdms", write))


@seed_format("Parquet and Feather")
def arrow() -> Iterator[Seed]:
    import pyarrow as pa
    import pyarrow.feather
    import pyarrow.parquet

    table = pa.table({"gate (V)": GATE, "current": CURRENT, "count": [1, 2, 3, 4, 5, None], "note": list("abcdef")})
    for packed in ("none", "snappy", "zstd"):
        stream = io.BytesIO()
        pa.parquet.write_table(table, stream, compression=packed)
        yield Seed(name=f"parquet {packed}", suffix=".parquet", core=stream.getvalue())
    for packed in ("uncompressed", "lz4"):
        stream = io.BytesIO()
        pa.feather.write_feather(table, stream, compression=packed)
        yield Seed(name=f"feather {packed}", suffix=".feather", core=stream.getvalue())


@seed_format("NumPy")
def numpy_arrays() -> Iterator[Seed]:
    """Formats that are refused: what refuses them must hold as well."""
    stream = io.BytesIO()
    np.save(stream, np.array([GATE, CURRENT]))
    yield Seed(name="npy", suffix=".npy", core=stream.getvalue())
    stream = io.BytesIO()
    np.savez(stream, gate=np.array(GATE))
    yield Seed(name="npz", suffix=".npz", core=stream.getvalue())
