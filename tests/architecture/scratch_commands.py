"""Commands on a scratch collection that is sharded by `user_id`: with the shard key, without it, and changing it."""

import re
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from pymongo import DeleteMany, DeleteOne, InsertOne, UpdateOne

from app.data.database import Collection

USER, OTHER, TASK = UUID(int=1), UUID(int=2), UUID(int=3)
MINE = {"user_id": USER, "_id": TASK}

Act = Callable[[Collection], Awaitable[Any]]

UNTARGETED: dict[str, Act] = {
    "find": lambda work: work.find({"rank": 1}).to_list(None),
    "find_one": lambda work: work.find_one({"_id": TASK}),
    "find several users": lambda work: work.find({"user_id": {"$in": [USER, OTHER]}}).to_list(None),
    "find all but one user": lambda work: work.find({"user_id": {"$ne": USER}}).to_list(None),
    "find nobody": lambda work: work.find({"user_id": None}).to_list(None),
    "find by pattern": lambda work: work.find({"user_id": re.compile("^a")}).to_list(None),
    "find by list": lambda work: work.find({"user_id": [USER, OTHER]}).to_list(None),
    "find by list and operator": lambda work: work.find({"user_id": {"$eq": [USER]}}).to_list(None),
    "find either": lambda work: work.find({"$or": [{"user_id": USER}, {"rank": 1}]}).to_list(None),
    "count": lambda work: work.count_documents({"rank": 1}),
    "update_one": lambda work: work.update_one({"_id": TASK}, {"$set": {"rank": 2}}),
    "update_many": lambda work: work.update_many({}, {"$set": {"rank": 2}}),
    "upsert": lambda work: work.update_one({"_id": TASK}, {"$set": {"user_id": USER}}, upsert=True),
    "replace_one": lambda work: work.replace_one({"_id": TASK}, {"user_id": USER}),
    "find_one_and_update": lambda work: work.find_one_and_update({"_id": TASK}, {"$set": {"rank": 2}}),
    "find_one_and_update, upserting": lambda work: work.find_one_and_update(
        {"_id": TASK}, {"$set": {"user_id": USER}}, upsert=True
    ),
    "find_one_and_delete": lambda work: work.find_one_and_delete({"_id": TASK}),
    "distinct": lambda work: work.distinct("rank", {"rank": 1}),
    "delete_one": lambda work: work.delete_one({"_id": TASK}),
    "delete_many": lambda work: work.delete_many({"rank": 1}),
    "insert": lambda work: work.insert_many([{"user_id": USER}, {"rank": 1}]),
    "bulk_write": lambda work: work.bulk_write(
        [InsertOne({"user_id": USER}), UpdateOne({"_id": TASK}, {"$set": {"rank": 2}})]
    ),
    "bulk_write that deletes": lambda work: work.bulk_write(
        [DeleteOne({"user_id": USER, "_id": TASK}), DeleteMany({"rank": 1})]
    ),
}

# What moves a document to another shard, where a router refuses it or makes it a transaction of two shards.
CHANGING: dict[str, Act] = {
    "update_one": lambda work: work.update_one(MINE, {"$set": {"user_id": OTHER}}),
    "update_one that unsets": lambda work: work.update_one(MINE, {"$unset": {"user_id": ""}}),
    "update_one that renames": lambda work: work.update_one(MINE, {"$rename": {"rank": "user_id"}}),
    "update_one by pipeline": lambda work: work.update_one(MINE, [{"$set": {"user_id": "$rank"}}]),
    "update_one by pipeline that unsets": lambda work: work.update_one(MINE, [{"$unset": ["rank", "user_id"]}]),
    "update_one by pipeline that replaces": lambda work: work.update_one(MINE, [{"$replaceWith": {"_id": TASK}}]),
    "update_one by pipeline that merges": lambda work: work.update_one(
        MINE, [{"$replaceWith": {"$mergeObjects": ["$$ROOT", {"user_id": OTHER}]}}]
    ),
    "update_one by pipeline that merges perhaps": lambda work: work.update_one(
        MINE, [{"$replaceWith": {"$cond": [True, "$$ROOT", {"_id": TASK}]}}]
    ),
    "update_one by pipeline that selects": lambda work: work.update_one(MINE, [{"$project": {"rank": 1}}]),
    "update_many": lambda work: work.update_many(MINE, {"$set": {"user_id": OTHER}}),
    "upsert": lambda work: work.update_one(MINE, {"$set": {"user_id": OTHER}}, upsert=True),
    "replace_one": lambda work: work.replace_one(MINE, {"user_id": OTHER}),
    "replace_one without it": lambda work: work.replace_one(MINE, {"rank": 1}),
    "find_one_and_update": lambda work: work.find_one_and_update(MINE, {"$set": {"user_id": OTHER}}),
    "find_one_and_replace": lambda work: work.find_one_and_replace(MINE, {"rank": 1}),
    "bulk_write": lambda work: work.bulk_write([UpdateOne(MINE, {"$set": {"user_id": OTHER}})]),
}

TARGETED: dict[str, Act] = {
    "find": lambda work: work.find({"user_id": USER}, sort=[("rank", 1)]).to_list(None),
    "find by conjunction": lambda work: work.find({"$and": [{"user_id": USER}, {"rank": 1}]}).to_list(None),
    "find by operator": lambda work: work.find({"user_id": {"$eq": USER}}).to_list(None),
    "find by ids": lambda work: work.find({"user_id": USER, "_id": {"$in": [TASK, OTHER]}}).to_list(None),
    "count": lambda work: work.count_documents({"user_id": USER}),
    "update_one": lambda work: work.update_one({"user_id": USER, "_id": TASK}, {"$set": {"rank": 2}}),
    "upsert": lambda work: work.update_one({"user_id": USER, "_id": TASK}, {"$set": {"rank": 2}}, upsert=True),
    "find_one_and_update": lambda work: work.find_one_and_update(
        {"user_id": USER, "_id": TASK}, {"$set": {"rank": 2}}
    ),
    "delete_many": lambda work: work.delete_many({"user_id": USER}),
    "find_one_and_delete": lambda work: work.find_one_and_delete({"user_id": USER, "_id": TASK}),
    "distinct": lambda work: work.distinct("rank", {"user_id": USER}),
    "replace_one": lambda work: work.replace_one({"user_id": USER, "_id": TASK}, {"user_id": USER, "rank": 2}),
    "update_one that repeats it": lambda work: work.update_one(MINE, {"$set": {"user_id": USER, "rank": 2}}),
    "update_one by pipeline": lambda work: work.update_one(
        MINE, [{"$set": {"rank": {"$add": ["$rank", 1]}}}, {"$unset": "old"}]
    ),
    "update_one by pipeline that merges": lambda work: work.update_one(
        MINE, [{"$replaceWith": {"$cond": [True, {"$mergeObjects": ["$$ROOT", {"rank": 2}]}, "$$ROOT"]}}]
    ),
    "update_one by pipeline that replaces": lambda work: work.update_one(
        MINE, [{"$replaceWith": {"_id": TASK, "user_id": USER}}]
    ),
    "bulk_write": lambda work: work.bulk_write(
        [InsertOne({"user_id": USER}), UpdateOne({"user_id": USER, "_id": TASK}, {"$set": {"rank": 2}})]
    ),
}
