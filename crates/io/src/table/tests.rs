use super::*;

fn sample(rows: usize) -> Table {
    let numbers = || 0..rows;
    Table::new(
        "sample",
        vec![
            Column::new(
                "step",
                "",
                "Step.",
                ColumnData::U32(numbers().map(|i| i as u32).collect()),
            ),
            Column::new(
                "time",
                "s",
                "Seconds since 1970.",
                ColumnData::U64(numbers().map(|i| u64::MAX - i as u64).collect()),
            ),
            Column::new(
                "shift",
                "",
                "Signed.",
                ColumnData::I64(numbers().map(|i| -(i as i64)).collect()),
            ),
            Column::new(
                "usd",
                "USD",
                "Money.",
                ColumnData::F64(numbers().map(|i| i as f64 / 7.0).collect()),
            ),
            Column::new(
                "won",
                "",
                "Flag.",
                ColumnData::Bool(numbers().map(|i| i % 3 == 0).collect()),
            ),
            Column::new(
                "name",
                "",
                "Name.",
                ColumnData::Text(numbers().map(|i| format!("a \"{i}\", ü\n")).collect()),
            ),
            Column::new(
                "count",
                "",
                "Maybe.",
                ColumnData::OptionalU32(
                    numbers()
                        .map(|i| (i % 2 == 0).then_some(u32::MAX))
                        .collect(),
                ),
            ),
            Column::new(
                "wide",
                "",
                "Maybe.",
                ColumnData::OptionalU64(vec![Some(7); rows]),
            ),
            Column::new(
                "left",
                "USD",
                "Maybe.",
                ColumnData::OptionalF64(
                    numbers()
                        .map(|i| (i % 2 == 1).then_some(f64::INFINITY))
                        .collect(),
                ),
            ),
            Column::new(
                "note",
                "",
                "Maybe.",
                ColumnData::OptionalText(vec![None; rows]),
            ),
        ],
    )
}

fn with_folder(name: &str, run: impl FnOnce(&Path)) {
    let folder = std::env::temp_dir().join(format!("backstop-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    run(&folder);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn parquet_reads_back_what_was_written() {
    with_folder("table", |folder| {
        for rows in [0, 1, 2, 300_000] {
            let path = folder.join("t.parquet");
            let table = sample(rows);
            table.write_parquet(&path).unwrap();
            let bytes = std::fs::read(&path).unwrap();
            assert_eq!(Table::read_parquet(&path).unwrap(), table);
            table.write_parquet(&path).unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), bytes, "the same bytes again");
        }
    });
}

#[test]
fn text_formats_are_as_documented() {
    expect_test::expect![[r#"
        [
        {"step":0,"time":18446744073709551615,"shift":0,"usd":0.0,"won":true,"name":"a \"0\", ü\n","count":4294967295,"wide":7,"left":null,"note":null},
        {"step":1,"time":18446744073709551614,"shift":-1,"usd":0.14285714285714285,"won":false,"name":"a \"1\", ü\n","count":null,"wide":7,"left":null,"note":null}
        ]
    "#]]
    .assert_eq(&text::to_json(&sample(2)));
    expect_test::expect![[r#"
        step,time,shift,usd,won,name,count,wide,left,note
        0,18446744073709551615,0,0.0,true,"a ""0"", ü
        ",4294967295,7,,
        1,18446744073709551614,-1,0.14285714285714285,false,"a ""1"", ü
        ",,7,inf,
    "#]]
    .assert_eq(&text::to_csv(&sample(2)));
    assert_eq!(text::to_json(&sample(0)), "[\n]\n");
}

#[test]
fn json_is_json() {
    let rows: Vec<serde_json::Value> = serde_json::from_str(&text::to_json(&sample(50))).unwrap();
    assert_eq!(rows.len(), 50);
    assert_eq!(rows[7]["usd"], 1.0);
}

#[test]
fn damaged_files_are_errors() {
    with_folder("damaged", |folder| {
        let path = folder.join("t.parquet");
        sample(40).write_parquet(&path).unwrap();
        let good = std::fs::read(&path).unwrap();
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        let mut refused = 0;
        for cut in (0..good.len()).step_by(37) {
            std::fs::write(&path, &good[..cut]).unwrap();
            assert!(Table::read_parquet(&path).is_err(), "cut at {cut}");
            let mut flipped = good.clone();
            flipped[cut] ^= 0x55;
            std::fs::write(&path, &flipped).unwrap();
            refused += u32::from(Table::read_parquet(&path).is_err());
        }
        std::panic::set_hook(hook);
        assert!(refused > 10, "{refused}");
    });
}

#[test]
#[should_panic(expected = "another length")]
fn unequal_columns_are_a_broken_invariant() {
    let column = |name: &str, rows| Column::new(name, "", "", ColumnData::U32(vec![0; rows]));
    Table::new("t", vec![column("a", 1), column("b", 2)]);
}
