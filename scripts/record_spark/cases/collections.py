"""Functions of arrays, maps, structs, and lambdas."""

from __future__ import annotations

from scripts.record_spark.ask import Category, on, rows

INTS = rows("ints_arrays", ["array<int>", "array<int>", "int"], [
    ([1, 2, 3], [2, 3, 4], 2), ([3, 1, 2, 1, 3], [1], 1), ([1, None, 2, None], [None, 2], -1), ([], [], 0), ([], [1, 1], 1),
    ([None], [None], 3), ([5, 5, 5], [], -2), (None, [1], 1), ([1], None, 1), ([1, 2], [3, None], None), ([None, 7, 7, None], [8], 4),
    ([2147483647, -2147483648], [2147483647], -3), ([9, 8, 7, 6], [10, 11, 12, 13], 5),
])  # fmt: skip
TEXTS = rows("text_arrays", ["array<string>", "array<string>", "string"], [
    (["a", "b", "c"], ["b", "d"], "b"), (["", "a", "", None], [""], ""), (["ä", "z", "Z", "a"], ["Z", None], "ä"), ([], [], "x"), ([None, None], [None], "x"),
    (None, ["a"], "a"), (["a"], None, None), (["a", "a"], ["a", "a", "b"], "a"), (["😀", "\uffff"], ["x"], "😀"),
])  # fmt: skip
DOUBLES = rows("double_arrays", ["array<double>", "array<double>", "double"], [
    ([1.5, "NaN", 2.5, "NaN"], ["NaN", 1.5], "NaN"), ([0.0, -0.0, 1.0], [-0.0], 0.0), ([-0.0, 0.0], [0.0, "Infinity"], -0.0), (["-Infinity", None, "Infinity"], [None], "Infinity"),
    ([], [], 1.0), (None, [1.0], 1.0), ([1.0], None, None), (["NaN"], ["NaN"], "NaN"),
])  # fmt: skip
NESTED = rows("nested_arrays", ["array<array<int>>", "array<struct<a:int,b:string>>"], [
    ([[1, 2], [3]], [[1, "x"], [2, "y"]]), ([[], [None], None], [[1, None], None]), ([[1], [1]], [[1, "x"], [1, "x"]]), ([], []), (None, None), ([None], [[None, "z"], [None, None]]),
    ([[2], [1, 9], [1]], [[2, "a"], [1, "b"]]),
])  # fmt: skip
DECIMALS = rows("decimal_arrays", ["array<decimal(10,2)>", "array<date>", "array<timestamp>", "array<boolean>"], [
    (["1.50", "2.00", "1.50"], ["2024-01-02", "2023-01-01"], ["2024-01-02 03:04:05"], [True, False, None]), (["-1.00", None], [None], [None, "1969-12-31 23:59:59.999999"], [None]), ([], [], [], []), (None, None, None, None),
])  # fmt: skip
MAPS = rows("maps", ["map<string,int>", "map<string,int>", "string"], [
    ([["a", 1], ["b", 2]], [["c", 3]], "a"), ([["a", None], ["b", 2]], [["d", None]], "a"), ([], [], ""), ([["", 0]], [["x", 1]], ""), (None, [["a", 1]], "a"),
    ([["a", 1]], [["a", 2]], "b"), ([["x", 1], ["y", 2], ["z", 3]], [], None), ([["a", 1]], None, "a"),
])  # fmt: skip
INTMAPS = rows("int_maps", ["map<int,string>", "int"], [
    ([[1, "a"], [2, "b"]], 1), ([[-1, "x"], [2, None]], 2), ([], 0), (None, 1), ([[5, ""]], None), ([[5, ""]], 6),
])  # fmt: skip
STEPS = rows("steps", ["int", "int", "int", "date", "date"], [
    (1, 5, 1, "2024-01-01", "2024-01-05"), (5, 1, -2, "2024-01-05", "2024-01-01"), (1, 5, 2, "2024-01-31", "2024-03-31"), (1, 1, 0, "2024-02-29", "2024-02-29"), (1, 5, 0, None, "2024-01-01"),
    (1, 5, -1, "2024-01-01", None), (None, 5, 1, "2023-12-30", "2024-01-02"), (1, None, 1, "1969-12-30", "1970-01-02"), (2147483645, 2147483647, 1, "2024-01-01", "2024-01-02"),
])  # fmt: skip

ARRAYS = """size(c0);cardinality(c0);array_size(c0);array_contains(c0,c2);array_distinct(c0);array_union(c0,c1);array_intersect(c0,c1);array_except(c0,c1);array_remove(c0,c2);array_position(c0,c2);array_append(c0,c2);array_prepend(c0,c2);
array_max(c0);array_min(c0);array_sort(c0);sort_array(c0);sort_array(c0,true);sort_array(c0,false);array_repeat(c2,2);arrays_zip(c0,c1);arrays_overlap(c0,c1);slice(c0,1,2);slice(c0,2,9);slice(c0,-2,2);element_at(c0,1);element_at(c0,-1);element_at(c0,2);try_element_at(c0,2);try_element_at(c0,-9);try_element_at(c0,0);element_at(c0,0);c0[0];c0[1];c0[9];get(c0,0);get(c0,1);get(c0,-1);
array_compact(c0);array_insert(c0,1,c2);array_insert(c0,3,c2);array_insert(c0,-1,c2);array_insert(c0,9,c2);array_insert(c0,0,c2);concat(c0,c1);concat(c0,c1,c0);c0||c1;reverse(c0);array(c2,c2);array(c0,c1);array();array(c2,null);c0=c1;c0<=>c1;c0<>c1;
transform(c0,x->x);transform(c0,(x,i)->i);transform(c0,(x,i)->struct(x,i));transform(c0,x->x is null);transform(c0,x->c2);filter(c0,x->x is not null);filter(c0,x->x=c2);filter(c0,(x,i)->i>0);filter(c0,(x,i)->i%2=0);exists(c0,x->x=c2);exists(c0,x->x is null);exists(c0,x->x is not null);forall(c0,x->x=c2);forall(c0,x->x is not null);any(c0);
transform(c0,x->coalesce(x,c2));zip_with(c0,c1,(x,y)->x);zip_with(c0,c1,(x,y)->y);zip_with(c0,c1,(x,y)->coalesce(x,y));zip_with(c0,c1,(x,y)->struct(x,y));aggregate(c0,0,(a,x)->a+1);aggregate(c0,cast(0 as bigint),(a,x)->a+1,a->a*10);reduce(c0,0,(a,x)->a+1);aggregate(c0,c2,(a,x)->coalesce(x,a));transform(filter(c0,x->x is not null),x->x);array_sort(c0,(a,b)->0);size(filter(c0,x->x=c2))>0;
array_contains(c0,null);array_position(c0,null);array_remove(c0,null);array_append(c0,null);array_repeat(c2,0);array_repeat(c2,-1);array_repeat(c2,null);coalesce(c0,c1);coalesce(c0,array());if(size(c0)>1,c0,c1);c0 is null;shuffle(c0);explode(c0);array_contains(c0,c0);size(c2);slice(c0,0,1);slice(c0,1,-1);slice(c0,9,1);slice(c0,-9,1);slice(c0,1,0);get(c0,null);element_at(c0,null);element_at(c0,9);element_at(c0,-9);size(null);nullif(c0,c1);case when c0 is null then array() else c0 end;
flatten(array(c0,c1));flatten(array(c0,null));array_agg(c0);cast(c0 as array<string>);cast(c0 as string);hash(c0);named_struct('a',c0,'b',c2);named_struct('a',c0).a;struct(c0,c2);struct(c0,c2).c2;struct(c0 as q,1);map('k',c0);map('k',c0)['k'];c2 in (c2);array_size(array(c0));to_json(c0);map_entries(map_from_arrays(c0,c1));map_entries(map_from_arrays(c0,c0));map(c2,1);map_entries(map_from_entries(arrays_zip(c0,c1)));map_from_entries(array(struct(c2,1)));arrays_zip(c0);arrays_zip(c0,c1,c0);typeof(c0)""".replace("\n", "").split(";")  # fmt: skip
NUMBERS = """transform(c0,x->x+1);transform(c0,(x,i)->x*i);transform(c0,x->x+c2);transform(c0,x->10/x);filter(c0,x->x>1);filter(c0,x->x>c2);exists(c0,x->x>2);exists(c0,x->x>100);forall(c0,x->x>0);forall(c0,x->x<100);aggregate(c0,0,(a,x)->a+x);aggregate(c0,0,(a,x)->a+coalesce(x,0));aggregate(c0,cast(0 as bigint),(a,x)->a+x);aggregate(c0,0.0D,(a,x)->a+x);aggregate(c0,cast(1 as bigint),(a,x)->a*coalesce(x,1));aggregate(c0,cast(0 as bigint),(a,x)->a+coalesce(x,0),a->a/2);zip_with(c0,c1,(x,y)->x+y);element_at(c0,c2);try_element_at(c0,c2);c0[c2];get(c0,c2);slice(c0,c2,2);slice(c0,1,c2);array_repeat('x',c2);array_repeat(c0,2);array_insert(c0,c2,99);
array_join(c0,',');array_contains(c0,1L);array_contains(c0,'1');array_contains(c0,1.5);array_append(c0,1L);array_union(c0,array(1L));array_remove(c0,2L);array_position(c0,2L);concat(c0,array(1.5));arrays_overlap(c0,array(2L));transform(c0,x->transform(c1,y->x+y));aggregate(transform(c0,x->coalesce(x,0)),0,(a,x)->a+x);array_sort(c0,(a,b)->case when a<b then 1 when a>b then -1 else 0 end);array_sort(c0,(a,b)->b-a);aggregate(sequence(1,3),0,(a,x)->a+x);flatten(transform(c0,x->array(x,x)));array_max(transform(c0,x->-x));cast(c0 as array<bigint>);cast(c0 as array<double>);cast(c0 as array<tinyint>)""".replace("\n", "").split(";")  # fmt: skip
STRINGS = ["array_join(c0,',')", "array_join(c0,',','-')", "array_join(c0,c2)", "array_join(c0,'')", "array_join(c0,null)", "array_join(c0,',',null)", "transform(c0,x->upper(x))", "filter(c0,x->x<>'')", "aggregate(c0,'',(a,x)->concat(a,x))", "aggregate(c0,'',(a,x)->a||coalesce(x,'?'))", "transform(c0,x->length(x))", "exists(c0,x->x like 'a%')", "forall(c0,x->length(x)>0)", "array_contains(c0,'a')", "concat_ws(',',c0)", "zip_with(c0,c1,(x,y)->concat(x,y))", "transform(c0,x->named_struct('v',x,'n',length(x)))", "map_entries(map_from_arrays(c0,transform(c0,(x,i)->i)))", "sequence(1,size(c0))", "cast(c0 as array<int>)"]  # fmt: skip
NESTS = ["flatten(c0)", "size(c0)", "c0[0]", "c0[0][0]", "element_at(c0,1)[0]", "transform(c0,x->size(x))", "transform(c0,x->x[0])", "filter(c0,x->size(x)>0)", "array_contains(c0,array(1))", "array_distinct(c0)", "sort_array(c0)", "array_sort(c0)", "array_max(c0)", "array_min(c0)", "array_position(c0,array(1))", "array_remove(c0,array(1))", "array_union(c0,c0)", "array_intersect(c0,c0)", "array_except(c0,array(array(1)))", "arrays_overlap(c0,c0)", "array_append(c0,array(1))", "array_compact(c0)", "concat(c0,c0)", "reverse(c0)", "slice(c0,1,1)", "c1.a", "c1.b", "c1[0].a", "element_at(c1,1).b", "transform(c1,x->x.a)", "transform(c1,x->x.b)", "filter(c1,x->x.a=1)", "array_distinct(c1)", "array_contains(c1,struct(1,'x'))", "sort_array(c1)", "array_max(c1)", "array_min(c1)", "array_sort(c1,(l,r)->l.a-r.a)", "map_entries(map_from_entries(c1))", "size(c1)", "aggregate(c1,0,(a,x)->a+coalesce(x.a,0))", "exists(c1,x->x.b='x')", "forall(c1,x->x.a>0)", "flatten(c1)", "arrays_zip(c0,c1)", "array_compact(c1)", "get(c1,0).b", "to_json(c1)", "transform(c0,x->transform(x,y->y+1))", "transform(c0,x->filter(x,y->y is not null))", "explode(c1)", "reverse(c1)", "array_union(c1,c1)", "array_except(c1,c1)", "array_remove(c1,null)", "inline(c1)", "struct(c1[0]).col1", "struct(c1[0].a,c1[0].b)", "array_repeat(c1,2)"]  # fmt: skip
KINDS = [*";".join(
    f"size({c});{c}[0];array_contains({c},{c}[0]);array_distinct({c});sort_array({c});sort_array({c},false);array_max({c});array_min({c});array_union({c},{c});array_join(transform({c},x->string(x)),'|');array_append({c},null);array_compact({c});transform({c},x->x);filter({c},x->x is not null);slice({c},1,1);reverse({c});concat({c},{c});array_position({c},element_at({c},1));array_remove({c},element_at({c},1));array_except({c},{c});array_intersect({c},{c});arrays_overlap({c},{c});element_at({c},-1);array_sort({c});get({c},0);array_repeat({c}[0],2)"
    for c in ("c0", "c1", "c2", "c3")
).split(";"), *["aggregate(c0,cast(0 as decimal(10,2)),(a,x)->cast(a+x as decimal(10,2)))", "transform(c0,x->x*2)", "transform(c1,x->x+1)", "array_join(c1,',')", "array_join(c0,',')", "array_contains(c0,1.5)", "forall(c3,x->x)", "exists(c3,x->x)", "filter(c3,x->x)", "array_append(c0,1.555)"]]  # fmt: skip
MAP = ["size(c0)", "cardinality(c0)", "c0['a']", "c0[c2]", "element_at(c0,'a')", "element_at(c0,c2)", "try_element_at(c0,'a')", "try_element_at(c0,c2)", "map_keys(c0)", "map_values(c0)", "map_entries(c0)", "map_contains_key(c0,'a')", "map_contains_key(c0,c2)", "map_entries(map_concat(c0,c1))", "map_concat(c0)", "map_entries(map_concat(c0,c0))", "map_concat()", "map_filter(c0,(k,v)->v>1)", "map_filter(c0,(k,v)->k<>'a')", "map_filter(c0,(k,v)->v is null)", "transform_values(c0,(k,v)->v+1)", "transform_values(c0,(k,v)->k)", "map_entries(transform_keys(c0,(k,v)->upper(k)))", "map_entries(transform_keys(c0,(k,v)->concat(k,'x')))", "transform_keys(c0,(k,v)->'k')", "transform_keys(c0,(k,v)->v)", "map_zip_with(c0,c1,(k,a,b)->coalesce(a,b))", "map_from_entries(map_entries(c0))", "map_from_arrays(map_keys(c0),map_values(c0))", "map(c2,1)", "map('a',1,'b',c2)", "map('a',1,'a',2)", "map(null,1)", "map()", "map('a',null)", "map('a',1,'b',2L)", "map(1,'a',2L,'b')", "map('x',1,c2,2)", "c0 is null", "coalesce(c0,c1)", "map_keys(c0)[0]", "sort_array(map_keys(c0))", "array_max(map_values(c0))", "aggregate(map_values(c0),0,(a,x)->a+coalesce(x,0))", "transform(map_entries(c0),e->e.key)", "filter(map_keys(c0),k->c0[k]>1)", "c0.a", "c0=c1", "to_json(c0)", "cast(c0 as string)", "map_contains_key(c0,null)", "element_at(c0,null)", "c0[null]", "c0[1]", "element_at(c0,1)", "str_to_map('a:1,b:2')", "str_to_map(c2)", "map_entries(c0)[0].value", "exists(map_values(c0),v->v is null)", "named_struct('m',c0).m['a']", "size(map_keys(c0))", "struct(c0,c2)", "map_from_entries(array(struct('a',1),struct('a',2)))", "map_from_entries(array(struct(c2,1)))", "explode(c0)", "array(c0)", "if(true,c0,c1)", "hash(c0)", "c0['a']+1", "typeof(c0)"]  # fmt: skip
INTMAP = ["c0[1]", "c0[c1]", "element_at(c0,1)", "element_at(c0,c1)", "try_element_at(c0,c1)", "map_keys(c0)", "map_contains_key(c0,1)", "map_contains_key(c0,c1)", "map_contains_key(c0,1L)", "c0[1L]", "element_at(c0,2L)", "map_filter(c0,(k,v)->k>1)", "map_entries(transform_keys(c0,(k,v)->k+1))", "map_entries(transform_keys(c0,(k,v)->k%2))", "transform_values(c0,(k,v)->concat(k,v))", "map(c1,c1)", "map_values(c0)", "map_entries(c0)", "map_entries(map_concat(c0,map(9,'n')))", "map(1.0D,1,-0.0D,2,0.0D,3)", "map(-0.0D,1)", "map(double('NaN'),1)[double('NaN')]", "map_keys(map(-0.0D,1))"]  # fmt: skip
SEQ = ["sequence(c0,c1)", "sequence(c0,c1,c2)", "sequence(c3,c4)", "sequence(c3,c4,interval 1 day)", "sequence(c3,c4,interval 2 days)", "sequence(c3,c4,interval 1 month)", "sequence(c3,c4,interval 1 week)", "sequence(c3,c4,interval -1 day)", "sequence(1L,c0%3)", "sequence(c0,c1,1L)", "sequence(c0,1.5)", "sequence(cast(c0 as bigint),cast(c1 as bigint),cast(c2 as bigint))", "sequence(cast(c3 as timestamp),cast(c4 as timestamp),interval 1 day)", "sequence(cast(c3 as timestamp),cast(c4 as timestamp),interval 12 hours)", "sequence(c0,c0)", "sequence(c3,c3)", "sequence(cast(1 as tinyint),cast(3 as tinyint))", "transform(sequence(1,3),x->x*c0)", "array_repeat(c0,3)", "array_repeat(c3,2)", "struct(c0,c1,c3)", "struct(c0 as x,c1 as y).y", "named_struct('a',c0,'b',c3)", "named_struct('a',c0,'b',named_struct('c',c1)).b.c", "struct(c0+1,c1)", "struct(c0)=struct(c1)", "struct(c0,c1)<struct(c1,c0)", "struct(c0)<=>struct(c1)", "named_struct('a',1,'a',2)", "named_struct('a')", "named_struct(c0,1)", "struct()", "array(c0,c1,c2)", "array(c0,1.5,'a')", "array(c0,'a')", "array(c0,1.5)", "array(c3,c4)", "array(array(c0),array())", "array(struct(c0),struct(c1))", "array_max(array(c0,c1,c2))", "array_contains(array(c0,c1),5)", "explode(sequence(c0,c1))"]  # fmt: skip

NESTING = (
    "transform(c0,(x,i)->transform(c1,(y,j)->coalesce(x,y)||'.'||i||'.'||j))",
    "transform(c0,(x,i)->transform(c1,(x,i)->coalesce(x,0)%10+i))",
    "zip_with(c0,c1,(x,y)->zip_with(c1,c0,(x,z)->coalesce(x,y,z)))",
    "zip_with(c0,c1,(x,y)->aggregate(c1,coalesce(x,y),(q,r)->coalesce(r,q)))",
    "array_distinct(transform(array_union(c0,c1),x->array_max(array_except(c1,array(x)))))",
    "filter(c0,x->array_contains(array_distinct(filter(c1,y->y>=x)),2))",
    "map_entries(transform_values(map_from_arrays(array_compact(array_distinct(c0)),array_compact(array_distinct(c0))),(k,v)->size(filter(c0,x->x=k))))",
    "exists(c0,x->exists(c1,y->y=x))",
    "forall(c0,x->exists(c1,y->y>x))",
    "array_join(transform(c0,x->concat('n',x)),concat('-',c2))",
    "map_entries(map_filter(map_from_arrays(array_compact(array_distinct(c0)),array_compact(array_distinct(c0))),(k,v)->exists(c1,k->k=v)))",
)  # fmt: skip
"""Lambdas in lambdas, with names that hide others."""

CATEGORIES = (
    Category("arrays_int", (INTS,), on("ints_arrays", *ARRAYS, *NUMBERS, *NESTING)),
    Category("arrays_text", (TEXTS,), on("text_arrays", *ARRAYS, *STRINGS)),
    Category("arrays_double", (DOUBLES,), on("double_arrays", *ARRAYS, "transform(c0,x->x+1)", "filter(c0,x->x>1)", "aggregate(c0,0D,(a,x)->a+x)", "exists(c0,x->x=c2)", "array_join(c0,',')", "array_contains(c0,1)", "array_contains(c0,double('NaN'))", "zip_with(c0,c1,(x,y)->x+y)")),
    Category("arrays_other", (NESTED, DECIMALS), (*on("nested_arrays", *NESTS), *on("decimal_arrays", *KINDS))),
    Category("maps", (MAPS, INTMAPS), (*on("maps", *MAP), *on("int_maps", *INTMAP))),
    Category("sequences", (STEPS,), on("steps", *SEQ)),
)  # fmt: skip
